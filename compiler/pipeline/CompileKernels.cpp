// 1. Each kernel as text, under a common name: kernels that are alike are one job.
// 2. What the cache has is done.
// 3. The others are shared out to child processes, as many at a time as there are jobs.
// 4. Failures are reported at their kernels, in the order of the module.
#include "compiler/pipeline/CompileKernels.h"
#include "compiler/object/Cache.h"
#include "compiler/object/Link.h"
#include "compiler/pipeline/BuildId.h"
#include "compiler/pipeline/ChildProcess.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

#include <atomic>
#include <csignal>
#include <cstring>
#include <mutex>
#include <thread>

using namespace mlir;
using namespace dlc;
using namespace dlc::pipeline;
using halide_backend::CompiledKernel;

namespace {
struct Job {
  std::string text;                    // of the kernel, with its target
  SmallVector<kernel::FuncOp> kernels; // that have it
  std::string output;
  bool isDone = false;
  ChildResult child;
};

class JobList {
public:
  JobList(const Options &options, StringRef form) : options(options), form(form) {}

  Outcome collect(ModuleOp module);
  void findInCache();
  void run();
  Outcome report();

  std::vector<Job> jobs;

private:
  std::string getKey(const Job &job) const {
    return object::Cache::getKey({getBuildId(), halide_backend::getHalideVersion(), form, job.text});
  }
  bool isUsable(StringRef output) const {
    return form.empty() ? halide_backend::parseCompiledKernel(output).has_value() : true;
  }

  const Options &options;
  std::string form;
  object::Cache cache;
};
} // namespace

Outcome JobList::collect(ModuleOp module) {
  FailureOr<halide_backend::Target> target = halide_backend::readTarget(module);
  if (failed(target))
    return Outcome::Internal;
  for (auto kernel : module.getOps<kernel::FuncOp>()) {
    OwningOpRef<kernel::FuncOp> bare = kernel.clone();
    bare->setSymName(object::kernelEntry);
    for (NamedAttribute attribute : llvm::to_vector(bare->getOperation()->getDiscardableAttrs()))
      bare->getOperation()->removeDiscardableAttr(attribute.getName());
    bare->removeItemsAttr(); // the schedule was chosen by it
    std::string text = halide_backend::printKernelModule(*bare, *target);
    auto same = llvm::find_if(jobs, [&](const Job &job) { return job.text == text; });
    if (same != jobs.end())
      same->kernels.push_back(kernel);
    else
      jobs.push_back({std::move(text), {kernel}, "", false, {}});
  }
  return Outcome::Fine;
}

void JobList::findInCache() {
  if (!options.useCache)
    return;
  for (Job &job : jobs)
    if (std::optional<std::string> found = cache.find(getKey(job)); found && isUsable(*found)) {
      job.output = std::move(*found);
      job.isDone = true;
    }
}

void JobList::run() {
  std::vector<Job *> open;
  for (Job &job : jobs)
    if (!job.isDone)
      open.push_back(&job);
  if (open.empty())
    return;
  // The longest first would be best; the longest text is a fair guess.
  llvm::stable_sort(open, [](Job *a, Job *b) { return a->text.size() > b->text.size(); });

  std::vector<std::string> arguments = {kernelVerb.str()};
  if (!form.empty())
    arguments.push_back(form);
  std::atomic<size_t> next = 0;
  std::atomic<bool> isWrong = false;
  std::mutex mutex;
  size_t done = jobs.size() - open.size();
  auto work = [&] {
    for (size_t index; !isWrong && (index = next++) < open.size();) {
      Job &job = *open[index];
      job.child = runChild(arguments, job.text);
      if (job.child.exitCode != 0 || !isUsable(job.child.output)) {
        isWrong = true;
        continue;
      }
      job.output = std::move(job.child.output);
      job.isDone = true;
      if (options.useCache)
        cache.store(getKey(job), job.output);
      std::lock_guard<std::mutex> lock(mutex);
      ++done;
      if (options.progress)
        options.progress(done, jobs.size());
    }
  };
  size_t count = options.jobs ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (size_t thread = 1; thread < std::min(count, open.size()); ++thread)
    threads.emplace_back(work);
  work();
  for (std::thread &thread : threads)
    thread.join();
  if (options.useCache)
    cache.trim();
}

Outcome JobList::report() {
  Outcome outcome = Outcome::Fine;
  for (Job &job : jobs) {
    // Without an exit code and without a signal it was never started: another one had failed.
    const ChildResult &child = job.child;
    if (job.isDone || (child.exitCode < 0 && !child.signal && child.failure.empty()))
      continue;
    kernel::FuncOp kernel = job.kernels.front();
    InFlightDiagnostic error = kernel.emitError() << "kernel '" << kernel.getSymName() << "' ";
    outcome = Outcome::Internal;
    if (!child.failure.empty()) {
      error << "could not be compiled: cannot start a process: " << child.failure;
      outcome = Outcome::Environment;
    } else if (child.signal) {
      error << "could not be compiled: the compiler was ended by signal " << child.signal << " ("
            << strsignal(child.signal) << ")";
      // Where memory is short the system kills; all other signals are our own fault.
      if (child.signal == SIGKILL)
        outcome = Outcome::Environment;
    } else {
      error << "could not be compiled";
      // Kernels that the user has written may be wrong.
      if (child.exitCode == 1 && StringRef(options.network).ends_with(".mlir"))
        outcome = Outcome::Input;
    }
    for (StringRef line : llvm::split(StringRef(child.errors).trim(), '\n')) {
      line.consume_front("error: ");
      if (!line.empty())
        error.attachNote() << line;
    }
  }
  return outcome;
}

Outcome pipeline::compileKernels(ArrayRef<KernelSet> sets, const Options &options) {
  JobList list(options, "");
  for (const KernelSet &set : sets)
    if (Outcome outcome = list.collect(set.module); outcome != Outcome::Fine)
      return outcome;
  list.findInCache();
  list.run();
  if (Outcome outcome = list.report(); outcome != Outcome::Fine)
    return outcome;

  for (Job &job : list.jobs) {
    CompiledKernel compiled = *halide_backend::parseCompiledKernel(job.output);
    Builder builder(job.kernels.front().getContext());
    auto number = [&](StringRef name, int64_t value) {
      return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
    };
    DictionaryAttr scratch = builder.getDictionaryAttr(
        {number("worker", compiled.scratchBytes), number("caller", compiled.callerScratchBytes),
         number("caller_scaled", compiled.callerScratchBytesPerBatch),
         builder.getNamedAttr("parallel", builder.getBoolAttr(compiled.parallel))});
    for (kernel::FuncOp kernel : job.kernels) {
      kernel->setAttr("kernel.scratch", scratch);
      auto set = llvm::find_if(sets, [&](const KernelSet &each) { return each.module == kernel->getParentOp(); });
      set->kernels[kernel.getSymName().str()] = compiled;
    }
  }
  return Outcome::Fine;
}

Outcome pipeline::printKernels(ModuleOp module, const Options &options, StringRef form,
                               std::map<std::string, std::string> &texts) {
  JobList list(options, form);
  if (Outcome outcome = list.collect(module); outcome != Outcome::Fine)
    return outcome;
  list.run();
  if (Outcome outcome = list.report(); outcome != Outcome::Fine)
    return outcome;
  for (const Job &job : list.jobs)
    for (kernel::FuncOp kernel : job.kernels)
      texts[kernel.getSymName().str()] = job.output;
  return Outcome::Fine;
}

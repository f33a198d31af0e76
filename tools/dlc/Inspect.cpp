// `dlc inspect`: a network's layers as a table, as JSON or as a picture; what it launches on a device.
#include "tools/dlc/DeviceTable.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/Options.h"
#include "tools/dlc/Summary.h"
#include "tools/dlc/Verb.h"

#include "compiler/object/ModelFiles.h"
#include "compiler/pipeline/Pipeline.h"
#include "compiler/pipeline/Target.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using namespace dlc;

/// Has Graphviz draw a picture; `program` is its path.
static Expected<std::string> drawSvg(StringRef program, const NetworkSummary &network) {
  SmallString<128> dot, svg, log;
  for (auto [name, path] : {std::pair("dot", &dot), std::pair("svg", &svg), std::pair("log", &log)})
    if (std::error_code wrong = sys::fs::createTemporaryFile("dlc-inspect", name, *path))
      return failure(exitEnvironment, "cannot make a temporary file: " + wrong.message());
  FileRemover removers[] = {FileRemover(dot), FileRemover(svg), FileRemover(log)};
  std::error_code wrong;
  raw_fd_ostream os(dot, wrong);
  if (wrong)
    return failure(exitEnvironment, dot + ": " + wrong.message());
  printDot(network, os);
  os.close();
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(svg), StringRef(log)};
  std::string message;
  int result = sys::ExecuteAndWait(program, {"dot", "-Tsvg", dot}, std::nullopt, redirects, 0, 0, &message);
  if (result != 0) {
    if (ErrorOr<std::unique_ptr<MemoryBuffer>> said = MemoryBuffer::getFile(log); said && message.empty())
      message = (*said)->getBuffer().trim().str();
    return failure(exitEnvironment, "Graphviz failed: " + message);
  }
  ErrorOr<std::unique_ptr<MemoryBuffer>> drawn = MemoryBuffer::getFile(svg);
  if (!drawn)
    return failure(exitEnvironment, "cannot read what Graphviz drew: " + drawn.getError().message());
  return (*drawn)->getBuffer().str();
}

/// Behind the document's preamble, as HTML wants it.
static StringRef getSvgElement(StringRef svg) { return svg.drop_front(std::min(svg.find("<svg"), svg.size())); }

static Error writePage(StringRef path, const NetworkSummary &network, StringRef svg) {
  Expected<object::OutputFile> file = object::OutputFile::create(path);
  if (!file)
    return file.takeError();
  std::string page;
  raw_string_ostream os(page);
  printHtml(network, getSvgElement(svg), os);
  if (Error error = file->append(page))
    return error;
  return file->keep();
}

/// What the network launches on a device.
static int inspectDevice(const pipeline::Options &options, bool json) {
  pipeline::Compilation compilation(options, errs());
  pipeline::Outcome outcome = compilation.runTo(pipeline::Stage::Scheduled);
  DeviceTable table = {"", options.devices.front(), std::max<int64_t>(options.batch, 1), {}};
  if (outcome == pipeline::Outcome::Fine)
    outcome = pipeline::describeSteps(compilation.getDeviceModule(), options, table.batch, table.steps);
  if (outcome != pipeline::Outcome::Fine)
    return getExitCode(outcome);
  table.network = compilation.getNetworkName();
  if (json)
    printJson(table, outs());
  else
    printTable(table, outs());
  return exitFine;
}

int dlc::inspectMain(ArrayRef<StringRef> arguments) {
  pipeline::Options compile;
  bool json = false, dot = false, svg = false;
  std::string html;
  int64_t batch = 0;
  std::optional<size_t> device;
  OptionTable options("inspect", "NET [--gpu DEVICE] [--json | --dot | --svg | --html FILE]",
                      "Shows a network's layers: shapes, parameters, arithmetic, memory.");
  options.positional("NET", compile.network, "the network, .json");
  options.flag("--json", json, "as JSON");
  options.flag("--dot", dot, "as a graph in Graphviz's language");
  options.flag("--svg", svg, "as a picture, drawn by Graphviz");
  options.text("--html", "FILE", html, "as a page: the table, and the picture where Graphviz is there");
  options.number("--batch", "N", batch, "for a fixed batch", 1);
  options.choice("--gpu", pipeline::getDeviceNames(), device,
                 "what each kernel launches on such a device: its grid, its\nschedule, its shared memory, and what the "
                 "host must compute");
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;
  if (json + dot + svg + !html.empty() > 1)
    return options.fail("expects one of --json, --dot, --svg and --html");

  if (device && (dot || svg || !html.empty()))
    return options.fail("--gpu is shown as a table or as --json");
  compile.batch = batch;
  if (device) {
    compile.devices = {pipeline::getDeviceNames()[*device].str()};
    return inspectDevice(compile, json);
  }
  pipeline::Compilation compilation(compile, errs());
  if (pipeline::Outcome outcome = compilation.runTo(pipeline::Stage::Nn); outcome != pipeline::Outcome::Fine)
    return getExitCode(outcome);
  NetworkSummary network = summarize(compilation.getImported());
  ErrorOr<std::string> graphviz = sys::findProgramByName("dot");

  if (json) {
    printJson(network, outs());
  } else if (dot) {
    printDot(network, outs());
  } else if (svg) {
    if (!graphviz)
      return reportFailure("inspect", failure(exitEnvironment, "--svg needs Graphviz's program 'dot', which is not on "
                                                               "PATH; --dot prints what it would draw"));
    Expected<std::string> drawn = drawSvg(*graphviz, network);
    if (!drawn)
      return reportFailure("inspect", drawn.takeError());
    outs() << *drawn;
  } else if (!html.empty()) {
    std::string drawn;
    if (!graphviz) {
      errs() << "dlc inspect: warning: without a picture: Graphviz's program 'dot' is not on PATH\n";
    } else if (Expected<std::string> picture = drawSvg(*graphviz, network)) {
      drawn = std::move(*picture);
    } else {
      return reportFailure("inspect", picture.takeError());
    }
    if (Error error = writePage(html, network, drawn))
      return reportFailure("inspect", toFailure(exitEnvironment, std::move(error)));
  } else {
    printTable(network, outs());
  }
  return exitFine;
}

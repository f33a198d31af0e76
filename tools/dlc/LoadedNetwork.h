// A network compiled and loaded into this process, for the verbs that run it.
#ifndef DLC_TOOLS_DLC_LOADEDNETWORK_H
#define DLC_TOOLS_DLC_LOADEDNETWORK_H

#include "compiler/pipeline/Pipeline.h"
#include "runtime/include/dlc/train.h"
#include "tools/dlc/Array.h"
#include "tools/dlc/ExitCode.h"
#include "tools/dlc/Options.h"

#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>
#include <vector>

namespace dlc {

/// How the program holds an input, as the network file says.
struct InputFormat {
  std::string name;
  dlc_type type = DLC_TYPE_F32;
  std::vector<int64_t> shape; // -1 is the batch
  /// The file gives the input a type, a layout or a normalisation of its own:
  /// it holds pictures. Its layout is then `layout`.
  bool isPicture = false;
  std::string layout = "NCHW";

  /// For one item where the batch is open, or for `batch`.
  llvm::SmallVector<int64_t, 8> getShape(int64_t batch) const;
  bool isBatched() const { return !shape.empty() && shape.front() < 0; }
};

/// The options of `dlc compile` that every verb here takes.
struct CompileOptions {
  pipeline::Options pipeline;
  int64_t seed = 0, jobs = 0;
  bool noCache = false;
  std::string device = "cpu"; // where it is to run

  void addTo(OptionTable &options);
  /// With what the command line said. Fails where the device is missing.
  llvm::Expected<pipeline::Options> get() const;
};

class LoadedNetwork {
public:
  /// Compiles a network, links its object into a shared one in a temporary
  /// folder and loads that. Progress goes to stderr.
  static llvm::Expected<std::unique_ptr<LoadedNetwork>> load(const pipeline::Options &options,
                                                             llvm::raw_ostream &diagnostics = llvm::errs());
  /// The same in two steps: what the network's file says, for those who look at
  /// it before the long rest.
  static llvm::Expected<std::unique_ptr<LoadedNetwork>> read(const pipeline::Options &options,
                                                             llvm::raw_ostream &diagnostics = llvm::errs());
  llvm::Error build(llvm::raw_ostream &diagnostics = llvm::errs());
  ~LoadedNetwork();

  const dlc_model *getModel() const { return model; }
  /// Of a network compiled for training.
  const dlc_training *getTraining() const { return training; }
  /// The network as its file has it; until forgetCompilation.
  mlir::ModuleOp getImported() const { return compilation->getImported(); }
  /// Frees what the compiler keeps; what is loaded stays.
  void forgetCompilation() { compilation.reset(); }
  llvm::ArrayRef<InputFormat> getInputs() const { return inputs; }
  /// The schedule of a kernel, as the IR prints it; of the device's where it was compiled for one.
  std::string getSchedule(llvm::StringRef kernel) const;

private:
  LoadedNetwork(const pipeline::Options &options, llvm::raw_ostream &diagnostics);

  std::unique_ptr<pipeline::Compilation> compilation;
  std::vector<InputFormat> inputs;
  void *library = nullptr;
  const dlc_model *model = nullptr;
  const dlc_training *training = nullptr;
};

/// Writes the object of a compilation as a shared library, after Stage::Object. Where a
/// diagnostic says what is wrong, the error says nothing.
llvm::Error writeSharedLibrary(pipeline::Compilation &compilation, llvm::StringRef path);

/// A code of the runtime as an exit code.
ExitCode getExitCode(dlc_status status);

struct SessionDeleter {
  void operator()(dlc_session *session) const { dlc_session_destroy(session); }
};
using Session = std::unique_ptr<dlc_session, SessionDeleter>;

/// How a session of the tool is made.
struct SessionOptions {
  int64_t batch = 0;   // 0: the model's own
  int64_t threads = 0; // 0: all there are
  std::string device = "cpu";
  bool profile = false;
};

llvm::Expected<Session> createSession(const dlc_model *model, const SessionOptions &options);

/// The option --tuning of the verbs that compile a network.
void addTuningTo(OptionTable &options, pipeline::Options &network);

/// The option --gpu of the verbs that run a network.
void addDeviceTo(OptionTable &options, std::string &device);
/// Whether the device that --gpu named is there, and the kinds of devices to
/// compile for: none for "cpu".
llvm::Expected<std::vector<std::string>> findDevice(llvm::StringRef device);

/// Arrays for all outputs of a run with `batch`.
llvm::Expected<std::vector<Array>> makeOutputs(const dlc_model *model, int64_t batch);

/// Inputs drawn by seed: floats from the normal distribution, bytes uniform.
std::vector<Array> drawInputs(const LoadedNetwork &network, int64_t batch, uint64_t seed);

/// Where arrays lie, as the runtime takes them.
llvm::SmallVector<const void *> getAddresses(llvm::ArrayRef<Array> arrays);
llvm::SmallVector<void *> getMutableAddresses(llvm::MutableArrayRef<Array> arrays);

llvm::Error run(dlc_session *session, llvm::ArrayRef<Array> inputs, llvm::MutableArrayRef<Array> outputs);

} // namespace dlc

#endif // DLC_TOOLS_DLC_LOADEDNETWORK_H

// Writes the C header.
#include "compiler/object/Header.h"
#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/ModelSymbols.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace dlc;

namespace {
/// An input or output as the header speaks of it.
struct HeaderTensor {
  std::string name;       // as the network has it
  std::string identifier; // as an argument of a C function
  std::string macro;      // as part of a macro's name
  StringRef type;         // in C
  RankedTensorType tensor;
  int64_t itemElements;
  bool isInput;

  /// "float[batch][1][28][28]"
  std::string getShape() const {
    std::string shape = type.str();
    for (int64_t dim = 0; dim < tensor.getRank(); ++dim)
      shape += tensor.isDynamicDim(dim) ? "[batch]" : "[" + std::to_string(tensor.getDimSize(dim)) + "]";
    return shape;
  }
};
} // namespace

static StringRef getCType(Type type) {
  if (type.isF32())
    return "float";
  if (type.isF64())
    return "double";
  if (type.isF16() || type.isBF16())
    return "uint16_t";
  bool isUnsigned = type.isUnsignedInteger();
  switch (type.getIntOrFloatBitWidth()) {
  case 16:
    return isUnsigned ? "uint16_t" : "int16_t";
  case 32:
    return isUnsigned ? "uint32_t" : "int32_t";
  case 64:
    return isUnsigned ? "uint64_t" : "int64_t";
  default:
    return isUnsigned || type.isInteger(1) ? "uint8_t" : "int8_t";
  }
}

/// Words that cannot name an argument in C or C++, and those that the header's functions use.
static bool isTaken(StringRef word) {
  static const llvm::StringSet<> words = {
      "alignas",  "alignof",  "and",      "asm",     "auto",     "bool",     "break",    "case",      "catch",
      "char",     "class",    "compl",    "concept", "const",    "continue", "decltype", "default",   "delete",
      "do",       "double",   "else",     "enum",    "explicit", "export",   "extern",   "false",     "float",
      "for",      "friend",   "goto",     "if",      "inline",   "int",      "long",     "mutable",   "namespace",
      "new",      "noexcept", "not",      "nullptr", "operator", "or",       "private",  "protected", "public",
      "register", "requires", "restrict", "return",  "short",    "signed",   "sizeof",   "static",    "struct",
      "switch",   "template", "this",     "throw",   "true",     "try",      "typedef",  "typeid",    "typename",
      "union",    "unsigned", "using",    "virtual", "void",     "volatile", "while",    "xor",       "session",
      "inputs",   "outputs"};
  return words.contains(word) || word.starts_with("_") || word.starts_with("dlc_");
}

static std::vector<HeaderTensor> collectTensors(func::FuncOp network) {
  std::vector<HeaderTensor> tensors;
  llvm::StringSet<> identifiers, macros;
  auto add = [&](Type type, StringAttr attribute, bool isInput, unsigned index) {
    std::string name = attribute ? attribute.str() : (isInput ? "input" : "output") + std::to_string(index);
    std::string identifier = kernel::getIdentifier(name);
    while (isTaken(identifier) || !identifiers.insert(identifier).second)
      identifier += "_";
    std::string macro = StringRef(identifier).upper();
    while (!macros.insert(macro).second)
      macro += "_";
    auto tensor = cast<RankedTensorType>(type);
    tensors.push_back(
        {name, identifier, macro, getCType(tensor.getElementType()), tensor, kernel::getItemElements(tensor), isInput});
  };
  for (BlockArgument argument : network.getArguments())
    add(argument.getType(), network.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "nn.name"), true,
        argument.getArgNumber());
  for (auto [index, type] : llvm::enumerate(network.getResultTypes()))
    add(type, network.getResultAttrOfType<StringAttr>(index, "nn.name"), false, index);
  return tensors;
}

/// `text` where it may stand in a comment.
static std::string getComment(StringRef text) {
  std::string safe;
  for (char c : text) {
    bool endsComment = c == '/' && !safe.empty() && (safe.back() == '*' || safe.back() == '/');
    bool nests = c == '*' && !safe.empty() && safe.back() == '/';
    safe += endsComment || nests || llvm::isPrint(c) == false ? '_' : c;
  }
  return safe;
}

std::string object::writeHeader(func::FuncOp network, const ArenaSize &arena, bool hasTraining, StringRef fileName,
                                StringRef source) {
  const std::string name = kernel::getIdentifier(network.getSymName());
  const std::string prefix = StringRef(name).upper();
  const std::string model = kernel::getSymbols(network.getSymName()).model;
  std::vector<HeaderTensor> tensors = collectTensors(network);

  std::string parameters, arguments, usage;
  std::string lists[2]; // outputs, inputs
  for (const HeaderTensor &tensor : tensors) {
    parameters += llvm::formatv(", {0}{1} *{2}", tensor.isInput ? "const " : "", tensor.type, tensor.identifier);
    arguments += ", " + tensor.identifier;
    lists[tensor.isInput] += (lists[tensor.isInput].empty() ? "" : ", ") + tensor.identifier;
    usage += llvm::formatv("     static {0} {1}[{2}_{3}_ELEMENTS]; // {4}\n", tensor.type, tensor.identifier, prefix,
                           tensor.macro, getComment(tensor.name));
  }

  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::formatv(R"(/* {0}: the network "{1}", compiled by dlc from {2}.
   Generated; changes are lost.

     #include "{0}"

{3}
     dlc_session *session;
     if ({4}_session_create(NULL, &session) != DLC_OK) // one image, all processors
       fprintf(stderr, "%s\n", dlc_session_error(NULL));
     else if ({4}_run(session{5}) != DLC_OK)
       fprintf(stderr, "%s\n", dlc_session_error(session));
     dlc_session_destroy(session);

   Options, larger batches, an arena of your own and shared threads: dlc/dlc.h. */
#ifndef DLC_NETWORK_{6}_H
#define DLC_NETWORK_{6}_H

#include "dlc/dlc.h"
{8}
#ifdef __cplusplus
extern "C" {{
#endif

/* The compiled network, in the object file beside this header. */
extern const dlc_model {7};

)",
                      getComment(fileName), getComment(network.getSymName()), getComment(source), usage, name,
                      arguments, prefix, model, hasTraining ? "#include \"dlc/train.h\"\n" : "");
  if (hasTraining)
    os << llvm::formatv("/* What trains it: see dlc/train.h. */\nextern const dlc_training {0};\n\n",
                        kernel::getSymbols(network.getSymName()).training);

  for (const HeaderTensor &tensor : tensors) {
    os << llvm::formatv("/* {0} \"{1}\": {2}. The number and bytes of its elements, for one item of the batch. */\n",
                        tensor.isInput ? "Input" : "Output", getComment(tensor.name), tensor.getShape());
    os << llvm::formatv("#define {0}_{1}_ELEMENTS {2}\n", prefix, tensor.macro, tensor.itemElements);
    os << llvm::formatv("#define {0}_{1}_BYTES ({0}_{1}_ELEMENTS * sizeof({2}))\n", prefix, tensor.macro, tensor.type);
    os << llvm::formatv("#define {0}_{1}_RANK {2}\n", prefix, tensor.macro, tensor.tensor.getRank());
    for (int64_t dim = 1; dim < tensor.tensor.getRank(); ++dim)
      os << llvm::formatv("#define {0}_{1}_DIM{2} {3}\n", prefix, tensor.macro, dim, tensor.tensor.getDimSize(dim));
    os << "\n";
  }

  auto argumentTypes = network.getArgumentTypes();
  bool isOpen = llvm::any_of(argumentTypes, [](Type type) { return cast<RankedTensorType>(type).isDynamicDim(0); });
  if (!isOpen && !argumentTypes.empty())
    os << llvm::formatv("/* The network is compiled for this batch alone. */\n#define {0}_BATCH {1}\n\n", prefix,
                        cast<RankedTensorType>(argumentTypes.front()).getDimSize(0));

  os << llvm::formatv(R"(/* The exact size of a session's arena; as a constant expression, for an arena
   of static storage (aligned to DLC_ARENA_ALIGNMENT). */
#define {0}_ARENA_BYTES(batch, threads) ({1} + {2} * (batch) + {3} * (threads))

static inline int64_t {4}_arena_bytes(int64_t batch, int32_t threads) {{
  return dlc_arena_bytes(&{5}, batch, threads);
}

static inline dlc_status {4}_session_create(const dlc_options *options, dlc_session **session) {{
  return dlc_session_create(&{5}, options, session);
}

/* Runs the network once, on as many items as the session's batch. */
static inline dlc_status {4}_run(dlc_session *session{6}) {{
  const void *dlc_inputs[] = {{{7}};
  void *dlc_outputs[] = {{{8}};
  return dlc_run(session, dlc_inputs, dlc_outputs);
}

#ifdef __cplusplus
}
#endif

#endif
)",
                      prefix, arena.fixed, arena.perBatch, arena.perThread, name, model, parameters, lists[true],
                      lists[false]);
  return text;
}

// Kernels and launches: syntax and verification.
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/LayerCheck.h"
#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernel;

/// Whether every tensor among `types` is of a shape that its layout can store.
static LogicalResult verifyLayouts(Operation *op, TypeRange types) {
  nn::LayerCheck check(op->getLoc(), op->getName().getStringRef());
  for (Type type : types) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || tensor.getRank() == 0)
      return op->emitOpError("expects tensors of rank 1 or more but got ") << type;
    if (failed(check.shape(tensor, "a tensor")))
      return failure();
    int64_t rank = tensor.getRank();
    bool fits = true;
    if (isa_and_nonnull<BlockedAttr>(tensor.getEncoding())) {
      fits = rank == 2 || rank == 4;
    } else if (auto weights = dyn_cast_or_null<WeightsAttr>(tensor.getEncoding())) {
      switch (weights.getForm()) {
      case WeightsForm::Direct:
        fits = rank == 2 || rank == 4;
        break;
      case WeightsForm::Depthwise:
        fits = rank == 4 && tensor.getDimSize(1) == 1;
        break;
      case WeightsForm::Winograd:
        fits = rank == 4 && tensor.getDimSize(2) == 3 && tensor.getDimSize(3) == 3;
        break;
      case WeightsForm::Channels:
        fits = rank == 1;
        break;
      }
      fits = fits && tensor.hasStaticShape();
    }
    if (!fits)
      return op->emitOpError("expects a layout for shape ")
             << nn::shapeText(tensor.getShape()) << " but got " << tensor.getEncoding();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// kernel.func
//===----------------------------------------------------------------------===//

void FuncOp::build(OpBuilder &builder, OperationState &state, StringRef name, FunctionType type) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.sym_name = builder.getStringAttr(name);
  properties.function_type = TypeAttr::get(type);
  properties.sym_visibility = builder.getStringAttr("private");
  Block &block = state.addRegion()->emplaceBlock();
  block.addArguments(type.getInputs(), SmallVector<Location>(type.getNumInputs(), state.location));
}

ReturnOp FuncOp::getReturn() { return cast<ReturnOp>(getBlock().getTerminator()); }

ParseResult FuncOp::parse(OpAsmParser &parser, OperationState &result) {
  std::string visibility;
  if (succeeded(parser.parseOptionalKeyword("private")))
    result.addAttribute(getSymVisibilityAttrName(result.name), parser.getBuilder().getStringAttr("private"));
  StringAttr name;
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<Type> results;
  if (parser.parseSymbolName(name, getSymNameAttrName(result.name), result.attributes) ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren, /*allowType=*/true) || parser.parseArrow())
    return failure();
  if (succeeded(parser.parseOptionalLParen())) {
    if (parser.parseTypeList(results) || parser.parseRParen())
      return failure();
  } else if (parser.parseTypeList(results)) {
    return failure();
  }
  SmallVector<Type> inputs;
  for (const OpAsmParser::Argument &argument : arguments)
    inputs.push_back(argument.type);
  result.addAttribute(getFunctionTypeAttrName(result.name),
                      TypeAttr::get(parser.getBuilder().getFunctionType(inputs, results)));
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  return parser.parseRegion(*result.addRegion(), arguments);
}

void FuncOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  if (getSymVisibility())
    printer << *getSymVisibility() << ' ';
  printer.printSymbolName(getSymName());
  printer << '(';
  llvm::interleaveComma(getBlock().getArguments(), printer,
                        [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ") -> ";
  TypeRange results = getFunctionType().getResults();
  if (results.size() == 1)
    printer << results.front();
  else
    printer << '(' << results << ')';
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getSymNameAttrName(), getFunctionTypeAttrName(), getSymVisibilityAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

/// Whether `a` and `b` are the same tensor up to its layout.
static bool isSameTensor(Type a, Type b) {
  return withLayout(cast<RankedTensorType>(a), {}) == withLayout(cast<RankedTensorType>(b), {});
}

LogicalResult FuncOp::verify() {
  FunctionType type = getFunctionType();
  if (getBlock().getArgumentTypes() != type.getInputs())
    return emitOpError("expects its block's arguments to be ") << type.getInputs();
  auto terminator = dyn_cast<ReturnOp>(getBlock().getTerminator());
  if (!terminator)
    return emitOpError("expects to end with kernel.return");
  if (failed(verifyLayouts(*this, type.getInputs())) || failed(verifyLayouts(*this, type.getResults())))
    return failure();
  if (terminator.getNumOperands() != type.getNumResults() ||
      !llvm::all_of_zip(terminator.getOperandTypes(), type.getResults(), isSameTensor))
    return terminator.emitOpError("expects operands ") << type.getResults() << " up to their layouts";
  return success();
}

//===----------------------------------------------------------------------===//
// kernel.launch and the rest
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<FuncOp>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError("expects a kernel.func named ") << getCalleeAttr();
  FunctionType type = callee.getFunctionType();
  if (type.getInputs() != getOperandTypes() || type.getResults() != getResultTypes()) {
    InFlightDiagnostic error = emitOpError("differs in type from the kernel it launches");
    error.attachNote(callee.getLoc()) << "the kernel is " << type;
    return error;
  }
  if (ArrayAttr storage = getStorageAttr())
    if (storage.size() != getNumResults() || !llvm::all_of(storage, llvm::IsaPred<StorageAttr>))
      return emitOpError("expects one #kernel.storage for each result");
  return success();
}

LogicalResult ConcatOp::verify() {
  if (failed(verifyLayouts(*this, getOperandTypes())) || failed(verifyLayouts(*this, getResult().getType())))
    return failure();
  auto result = cast<RankedTensorType>(getResult().getType());
  BlockedAttr blocked = getBlocked(result);
  int64_t channels = 0;
  for (Value input : getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getRank() < 2 || type.getRank() != result.getRank())
      return emitOpError("expects tensors of one rank, 2 or more, but got ") << type << " and " << result;
    if (type.getEncoding() != result.getEncoding())
      return emitOpError("expects inputs in the layout of the result");
    if (blocked && channels % blocked.getLanes())
      return emitOpError("expects inputs of a multiple of ") << blocked.getLanes() << " channels";
    channels += type.getDimSize(1);
  }
  if (channels != result.getDimSize(1))
    return emitOpError("expects ") << result.getDimSize(1) << " channels in all but got " << channels;
  return success();
}

LogicalResult ViewOp::verify() {
  if (failed(verifyLayouts(*this, {getInput().getType(), getResult().getType()})))
    return failure();
  int64_t from = getItemElements(getInput().getType()), to = getItemElements(getResult().getType());
  if (from != to)
    return emitOpError("expects views of equal size but got ") << from << " and " << to << " elements";
  return success();
}

LogicalResult PackOp::verify() {
  if (failed(verifyLayouts(*this, {getInput().getType(), getResult().getType()})))
    return failure();
  if (!isSameTensor(getInput().getType(), getResult().getType()))
    return emitOpError("expects the result to be the input in another layout");
  if (!isa_and_nonnull<WeightsAttr>(cast<RankedTensorType>(getResult().getType()).getEncoding()))
    return emitOpError("expects a result of layout #kernel.weights");
  return success();
}

#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.cpp.inc"

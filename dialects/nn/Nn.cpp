// The nn dialect: its registration, and the questions about types that many ask.
#include "dialects/nn/Nn.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;
using namespace dlc::nn;

#include "dialects/nn/NnAttrInterfaces.cpp.inc"
#include "dialects/nn/NnDialect.cpp.inc"
#include "dialects/nn/NnInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/nn/NnOps.cpp.inc"

void NnDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/nn/NnOps.cpp.inc"
      >();
}

/// `nn.name` on an argument or result is a string; there are no others but an argument's `nn.requires_grad`.
static LogicalResult verifyName(Operation *function, NamedAttribute attribute) {
  if (attribute.getName() != nameAttr)
    return function->emitOpError("has an unknown attribute '")
           << attribute.getName().getValue() << "' on its signature";
  auto name = dyn_cast<StringAttr>(attribute.getValue());
  if (!name || name.empty())
    return function->emitOpError("expects '") << nameAttr << "' to be a string that is not empty";
  return success();
}

LogicalResult NnDialect::verifyRegionArgAttribute(Operation *op, unsigned region, unsigned argument,
                                                  NamedAttribute attribute) {
  if (attribute.getName() == requiresGradAttr && isa<UnitAttr>(attribute.getValue()))
    return success();
  return verifyName(op, attribute);
}

LogicalResult NnDialect::verifyRegionResultAttribute(Operation *op, unsigned region, unsigned result,
                                                     NamedAttribute attribute) {
  return verifyName(op, attribute);
}

namespace dlc::nn {

int64_t getElementsPerItem(Type type) {
  int64_t elements = 1;
  for (int64_t dim : cast<RankedTensorType>(type).getShape().drop_front())
    elements = multiplySaturated(elements, dim);
  return elements;
}

int64_t getDefaultFlops(Operation *layer) {
  return isa<ElementwiseOpInterface>(layer) ? getElementsPerItem(layer->getResult(0).getType()) : 0;
}

bool isParameter(Value value) {
  Operation *op = value.getDefiningOp();
  return isa_and_nonnull<ParameterOp>(op) ||
         (isa_and_nonnull<ParameterOpInterface>(op) && llvm::all_of(op->getOperands(), isParameter));
}

std::optional<int64_t> normalizeDim(int64_t dim, int64_t rank) {
  if (dim < -rank || dim >= rank)
    return std::nullopt;
  return dim < 0 ? dim + rank : dim;
}

LogicalResult verifyResultType(Operation *layer, Type inferred) {
  Type declared = layer->getResult(0).getType();
  if (declared == inferred)
    return success();
  return layer->emitOpError("expects a result of type ") << inferred << " but got " << declared;
}

} // namespace dlc::nn

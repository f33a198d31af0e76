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

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// Whether `attribute`, on `op` or its signature, is one of those in `known` and
/// holds what it should.
using AttributeRule = std::tuple<StringRef, StringRef, bool (*)(Attribute)>;
static LogicalResult verifyAttribute(Operation *op, NamedAttribute attribute, ArrayRef<AttributeRule> known) {
  for (auto [name, kind, holds] : known)
    if (attribute.getName() == name)
      return holds(attribute.getValue())
                 ? success()
                 : op->emitOpError("expects '") << name << "' to be " << kind << " but got " << attribute.getValue();
  return op->emitOpError("has an attribute '") << attribute.getName().getValue() << "' that means nothing there";
}

static bool isText(Attribute value) {
  auto text = dyn_cast<StringAttr>(value);
  return text && !text.empty();
}

static constexpr AttributeRule nameRule{nameAttr, "a string that is not empty", isText};

LogicalResult NnDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  static const AttributeRule known[] = {
      nameRule,
      {trainableAttr, "true or false", [](Attribute value) { return isa<BoolAttr>(value); }},
      {weightsAttr, "a string that is not empty", isText},
      {trainingAttr, "a dictionary", [](Attribute value) { return isa<DictionaryAttr>(value); }},
      {roleAttr, "a string that is not empty", isText},
      {stateAttr, "a dictionary", [](Attribute value) { return isa<DictionaryAttr>(value); }},
      {slotsAttr, "a dictionary", [](Attribute value) { return isa<DictionaryAttr>(value); }},
  };
  return verifyAttribute(op, attribute, known);
}

LogicalResult NnDialect::verifyRegionArgAttribute(Operation *op, unsigned region, unsigned argument,
                                                  NamedAttribute attribute) {
  static const AttributeRule known[] = {
      nameRule,
      {requiresGradAttr, "a unit", [](Attribute value) { return isa<UnitAttr>(value); }},
      {defaultAttr, "a number", [](Attribute value) { return isa<FloatAttr>(value); }},
  };
  return verifyAttribute(op, attribute, known);
}

LogicalResult NnDialect::verifyRegionResultAttribute(Operation *op, unsigned region, unsigned result,
                                                     NamedAttribute attribute) {
  static const AttributeRule known[] = {
      nameRule,
      {gradientAttr, "a unit", [](Attribute value) { return isa<UnitAttr>(value); }},
  };
  return verifyAttribute(op, attribute, known);
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

bool haveSameShape(Type a, Type b) {
  auto first = cast<RankedTensorType>(a), second = cast<RankedTensorType>(b);
  return first.getShape() == second.getShape() && first.getElementType() == second.getElementType();
}

LogicalResult verifySameShapes(Operation *op) {
  Type result = op->getResult(0).getType();
  for (Type operand : op->getOperandTypes())
    if (!haveSameShape(operand, result))
      return op->emitOpError("expects operands of the result's type ") << result << " but got " << operand;
  return success();
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

// Registers the kernel dialect; questions about layouts.
#include "dialects/kernel/Kernel.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernel;

#include "dialects/kernel/KernelDialect.cpp.inc"

void KernelDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelOps.cpp.inc"
      >();
}

BlockedAttr kernel::getBlocked(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? dyn_cast_or_null<BlockedAttr>(tensor.getEncoding()) : BlockedAttr();
}

RankedTensorType kernel::withLayout(RankedTensorType type, Attribute layout) {
  return RankedTensorType::get(type.getShape(), type.getElementType(), layout);
}

SmallVector<int64_t> kernel::getItemExtents(RankedTensorType type) {
  ArrayRef<int64_t> shape = type.getShape();
  BlockedAttr blocked = getBlocked(type);
  if (!blocked)
    return SmallVector<int64_t>(shape.drop_front());
  SmallVector<int64_t> extents = {llvm::divideCeilSigned(shape[1], blocked.getLanes())};
  if (shape.size() == 4) {
    extents.push_back(blocked.getHaloAt(0) + shape[2] + blocked.getHaloAt(2));
    extents.push_back(blocked.getHaloAt(1) + shape[3] + blocked.getHaloAt(3));
  }
  extents.push_back(blocked.getLanes());
  return extents;
}

int64_t kernel::getItemElements(Type type) {
  int64_t elements = 1;
  for (int64_t extent : getItemExtents(cast<RankedTensorType>(type)))
    elements *= extent;
  return elements;
}

StringRef dlc::kernel::getDevice(ModuleOp module) {
  auto target = module->getAttrOfType<DictionaryAttr>("kernel.target");
  auto device = target ? target.getAs<StringAttr>("device") : StringAttr();
  return device ? device.getValue() : "";
}

// Layouts and schedules: verification and storage sizes.
#include "dialects/kernel/Kernel.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernel;

#include "dialects/kernel/KernelEnums.cpp.inc"
#include "dialects/kernel/KernelInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttrs.cpp.inc"

void KernelDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/kernel/KernelAttrs.cpp.inc"
      >();
}

LogicalResult BlockedAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t lanes, ArrayRef<int64_t> halo) {
  if (lanes < 1 || lanes > 64)
    return emitError() << "expects 1 to 64 lanes but got " << lanes;
  if (!halo.empty() && halo.size() != 4)
    return emitError() << "expects a halo of 4 numbers, [top, left, bottom, right], but got " << halo.size();
  if (llvm::any_of(halo, [](int64_t width) { return width < 0 || width > 1024; }))
    return emitError() << "expects a halo of 0 to 1024";
  return success();
}

int64_t BlockedAttr::getStorageElements(ArrayRef<int64_t> shape) const {
  int64_t elements = shape[0] * llvm::divideCeilSigned(shape[1], getLanes()) * getLanes();
  if (shape.size() == 4)
    elements *= (getHaloAt(0) + shape[2] + getHaloAt(2)) * (getHaloAt(1) + shape[3] + getHaloAt(3));
  return elements;
}

LogicalResult WeightsAttr::verify(function_ref<InFlightDiagnostic()> emitError, WeightsForm form, int64_t lanes,
                                  int64_t inLanes, int64_t tile) {
  if (lanes < 1 || lanes > 64 || inLanes < 1 || inLanes > 64)
    return emitError() << "expects 1 to 64 lanes but got " << lanes << " and " << inLanes;
  bool winograd = form == WeightsForm::Winograd;
  if (winograd != (tile == 2 || tile == 4 || tile == 6))
    return emitError() << "expects a tile of 2, 4 or 6 for form winograd alone but got " << tile;
  return success();
}

int64_t WeightsAttr::getStorageElements(ArrayRef<int64_t> shape) const {
  int64_t window = 1;
  for (int64_t extent : shape.drop_front(std::min<size_t>(2, shape.size())))
    window *= extent;
  if (getForm() == WeightsForm::Winograd)
    window = (getTile() + 2) * (getTile() + 2);
  int64_t blocks = llvm::divideCeilSigned(shape[0], getLanes()) * getLanes();
  if (getForm() == WeightsForm::Channels || getForm() == WeightsForm::Depthwise)
    return blocks * window;
  return blocks * window * llvm::divideCeilSigned(shape[1], getInLanes()) * getInLanes();
}

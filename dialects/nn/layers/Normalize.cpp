// nn.normalize: from the program's layout and type to NCHW and f32.
#include "dialects/nn/LayerCheck.h"

#include <cmath>

using namespace mlir;

namespace dlc::nn {

LogicalResult NormalizeOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  auto input = dyn_cast<RankedTensorType>(adaptor.getInput().getType());
  if (!input || !(input.getElementType().isF32() || input.getElementType().isUnsignedInteger(8) ||
                  input.getElementType().isSignedInteger(8)))
    return check.error("expects input to be a ranked tensor of f32, ui8 or si8 but got ", adaptor.getInput().getType());
  if (failed(check.shape(input, "input")) || failed(check.rank(input, 4))) // (C1)
    return failure();
  StringRef layout = adaptor.getLayout();
  if (layout != "NCHW" && layout != "NHWC") // (C2)
    return check.error("expects layout \"NCHW\" or \"NHWC\" but got \"", layout, "\"");
  SmallVector<int64_t> shape(input.getShape());
  if (layout == "NHWC")
    shape = {shape[0], shape[3], shape[1], shape[2]};

  std::pair<StringRef, ArrayRef<double>> statistics[] = {{"mean", adaptor.getMean()}, {"std", adaptor.getStd()}};
  for (auto [name, values] : statistics) {
    if (values.size() > 1 && static_cast<int64_t>(values.size()) != shape[1]) // (C3)
      return check.error("expects 0, 1 or ", shape[1], " values of ", name, " but got ", values.size());
    for (double value : values) // (C4)
      if (!std::isfinite(value) || (name == "std" && value == 0))
        return check.error("expects values of ", name, " to be finite", name == "std" ? " and not zero" : "",
                           " but got ", value);
  }
  return check.result(shape, Float32Type::get(context), types);
}

} // namespace dlc::nn

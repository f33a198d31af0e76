// The module's target attribute → our Target.
#include "compiler/halide/Halide.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

FailureOr<Target> halide_backend::readTarget(ModuleOp module) {
  auto attribute = module->getAttrOfType<DictionaryAttr>("kernel.target");
  auto triple = attribute ? attribute.getAs<StringAttr>("triple") : StringAttr();
  auto features = attribute ? attribute.getAs<StringAttr>("features") : StringAttr();
  auto vectorBytes = attribute ? attribute.getAs<IntegerAttr>("vector_bytes") : IntegerAttr();
  if (!triple || !features || !vectorBytes)
    return module.emitError("expects the attribute kernel.target with triple, features and vector_bytes");
  Target target;
  target.triple = triple.str();
  target.vectorBytes = vectorBytes.getInt();
  SmallVector<StringRef> names;
  features.getValue().split(names, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef name : names)
    target.features.push_back(name.trim().ltrim('+').str());
  StringRef architecture = triple.getValue().split('-').first;
  if (architecture != "x86_64" && architecture != "aarch64")
    return module.emitError("expects a target of architecture x86_64 or aarch64 but got '") << architecture << "'";
  if (!triple.getValue().contains("linux"))
    return module.emitError("expects a target with the system linux but got '") << triple.getValue() << "'";
  if (target.vectorBytes != 16 && target.vectorBytes != 32 && target.vectorBytes != 64)
    return module.emitError("expects vectors of 16, 32 or 64 bytes but got ") << target.vectorBytes;
  if (auto device = attribute.getAs<StringAttr>("device"))
    target.device = device.str();
  if (target.isDevice() && target.device != "cuda" && target.device != "opencl")
    return module.emitError("expects the device cuda or opencl but got '") << target.device << "'";
  return target;
}

// Reads the machine off a module's target.
#include "dialects/kernel/Machine.h"
#include "dialects/kernel/Kernel.h"

using namespace mlir;
using namespace dlc::kernel;

/// With vectors of 64 bytes but the units of half of them.
static constexpr StringRef narrowCpus[] = {"cannonlake", "icelake-client", "rocketlake", "tigerlake", "znver4"};

std::optional<Machine> Machine::of(ModuleOp module) {
  auto target = module->getAttrOfType<DictionaryAttr>("kernel.target");
  auto bytes = target ? target.getAs<IntegerAttr>("vector_bytes") : IntegerAttr();
  if (!bytes || bytes.getInt() < 4 || bytes.getInt() > 256 || bytes.getInt() % 4)
    return std::nullopt;
  auto getText = [&](StringRef key) {
    auto text = target.getAs<StringAttr>(key);
    return text ? text.getValue() : StringRef();
  };
  bool many = getText("triple").starts_with("aarch64") || getText("features").contains("avx512");
  const bool isNarrow = bytes.getInt() == 64 && llvm::is_contained(narrowCpus, getText("cpu"));
  return Machine{bytes.getInt() / 4, many ? 32 : 16, isNarrow ? 1 : 2, isForDevice(module)};
}

// The generated table of layers, and look-ups in it.
#include "compiler/importer/LayerTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

namespace dlc::importer {

namespace {
#include "compiler/importer/LayerTable.inc"
} // namespace

const Setting *Layer::findSetting(llvm::StringRef key) const {
  const Setting *found = llvm::find_if(settings, [&](const Setting &setting) { return setting.name == key; });
  return found == settings.end() ? nullptr : found;
}

bool Layer::hasParameters() const {
  return llvm::any_of(operands, [](const Operand &operand) { return operand.role == Operand::Parameter; });
}

llvm::ArrayRef<Layer> getLayers() { return layers; }

const Layer *findLayer(llvm::StringRef name) {
  static const llvm::StringMap<const Layer *> byName = [] {
    llvm::StringMap<const Layer *> map;
    for (const Layer &layer : layers)
      map[layer.name] = &layer;
    return map;
  }();
  return byName.lookup(name);
}

} // namespace dlc::importer

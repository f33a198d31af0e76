// Keeps each distinct kernel once, under a name that says what it does.
#include "compiler/kernels/KernelTable.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// "conv3x3" for a convolution, "max_pool" for a pool, "relu" for a relu.
static std::string getShortName(Operation *layer) {
  StringRef mnemonic = layer->getName().stripDialect();
  mnemonic.consume_back("2d");
  auto window = dyn_cast<nn::WindowOpInterface>(layer);
  if (!window || !isa<nn::ContractionOpInterface>(layer))
    return mnemonic.str();
  SmallVector<int64_t> size = window.getWindowSize();
  return (mnemonic + Twine(size[0]) + "x" + Twine(size[1])).str();
}

std::string kernels::getKernelName(ArrayRef<Operation *> layers) {
  const size_t mostNamed = 5;
  SmallVector<std::string> names;
  for (Operation *layer : layers.take_front(mostNamed))
    names.push_back(getShortName(layer));
  if (layers.size() > mostNamed)
    names.push_back(("and_" + Twine(layers.size() - mostNamed)).str());
  return llvm::join(names, "_");
}

/// A layer may have come from several: a convolution and the batch norm folded into it.
static void appendLayerNames(Location loc, SmallVectorImpl<StringRef> &names) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    if (!llvm::is_contained(names, name.getName().getValue()))
      names.push_back(name.getName());
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      appendLayerNames(part, names);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    appendLayerNames(call.getCallee(), names);
  }
}

std::string kernels::getLayerNames(ArrayRef<Operation *> layers) {
  SmallVector<StringRef> names;
  for (Operation *layer : layers) {
    size_t before = names.size();
    appendLayerNames(layer->getLoc(), names);
    if (names.size() == before)
      names.push_back(layer->getName().stripDialect());
  }
  return llvm::join(names, ", ");
}

void kernels::setExpectedItems(kernel::FuncOp func, Operation *network) {
  constexpr int64_t trainingItems = 64;
  if (network->hasAttr(nn::roleAttr))
    func.setItems(trainingItems);
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

kernel::FuncOp KernelTable::findAlike(kernel::FuncOp func, StringRef base) {
  for (kernel::FuncOp peer : kernels[base])
    if (peer.getFunctionType() == func.getFunctionType() && peer.getScheduleAttr() == func.getScheduleAttr() &&
        peer.getItemsAttr() == func.getItemsAttr() &&
        OperationEquivalence::isRegionEquivalentTo(&peer.getBody(), &func.getBody(),
                                                   OperationEquivalence::IgnoreLocations))
      return peer;
  return {};
}

kernel::FuncOp KernelTable::add(kernel::FuncOp func, StringRef base) {
  if (kernel::FuncOp peer = findAlike(func, base)) {
    func.erase();
    return peer;
  }
  size_t number = kernels[base].size();
  while (symbols.lookup((base + "_" + Twine(number)).str()))
    ++number;
  func.setSymName((base + "_" + Twine(number)).str());
  symbols.insert(func);
  kernels[base].push_back(func);
  return func;
}

kernel::FuncOp KernelTable::addAs(kernel::FuncOp func, StringRef whole) {
  StringRef base = whole.rtrim("0123456789");
  if (!base.consume_back("_"))
    base = whole;
  if (symbols.lookup(whole))
    return add(func, base);
  func.setSymName(whole);
  symbols.insert(func);
  kernels[base].push_back(func);
  return func;
}

// Merges containers.
#include "compiler/memory/StorageForest.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::memory;

void StorageForest::add(Value value) {
  places[value] = {containers.size(), 0};
  containers.push_back({kernel::getItemElements(value.getType()), kernel::Space::Arena, 0, {value}});
}

bool StorageForest::isWhole(Value value) const {
  return getContainer(value).elements == kernel::getItemElements(value.getType());
}

bool StorageForest::overlaps(Value a, Value b) const {
  Place first = getPlace(a), second = getPlace(b);
  return first.container == second.container && first.offset < second.offset + kernel::getItemElements(b.getType()) &&
         second.offset < first.offset + kernel::getItemElements(a.getType());
}

bool StorageForest::embed(Value inner, Value outer, int64_t offset) {
  Place from = getPlace(inner), to = getPlace(outer);
  int64_t shift = to.offset + offset - from.offset;
  if (from.container == to.container)
    return shift == 0;
  Container &source = containers[from.container], &target = containers[to.container];
  if (source.space != kernel::Space::Arena || shift < 0 || shift + source.elements > target.elements)
    return false;

  for (Value moved : source.members) {
    places[moved] = {to.container, getPlace(moved).offset + shift};
    target.members.push_back(moved);
  }
  source.members.clear();
  return true;
}

bool StorageForest::fix(Value value, kernel::Space space, int64_t index) {
  Container &container = containers[getPlace(value).container];
  if (container.space != kernel::Space::Arena || !isWhole(value))
    return false;
  container.space = space;
  container.index = index;
  return true;
}

// 1. The forms of a kernel: weights for a direct sum, in whole vectors or in halves, or for Winograd's tiles; with the
//    pool or without.
// 2. Their parameters by name: the values of all forms together.
#include "compiler/kernels/TuningSpace.h"
#include "compiler/kernels/CostModel.h"

#include <algorithm>

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

static std::string toText(const kernel::ScheduleParameter &parameter, int64_t value) {
  return parameter.getName ? parameter.getName(value).str() : std::to_string(value);
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

void TuningSpace::addForm(kernel::FuncOp func, kernel::WeightsAttr weights, bool isSplit, Attribute schedule) {
  OwningOpRef<kernel::FuncOp> clone = func.clone();
  if (weights)
    setWeightsForm(*clone, weights);
  if (!schedule)
    schedule = selectSchedule(*clone, machine);
  auto chosen = dyn_cast_or_null<kernel::ScheduleInterface>(schedule);
  if (!chosen)
    return;
  auto mnemonic = [&] {
    std::string text;
    llvm::raw_string_ostream(text) << schedule;
    return StringRef(text).drop_front(StringRef("#kernel.").size()).split('<').first.str();
  };
  std::string name = mnemonic();
  if (weights && weights.getTile())
    name += " " + std::to_string(weights.getTile());
  else if (weights && weights != getDirectForm(func))
    name += " half";
  if (isSplit)
    name += " without pool";
  Form form = {name, weights, isSplit, chosen, std::move(clone), {}};
  form.parameters = chosen.getSpace(*form.func, machine);
  for (auto [parameter, value] : llvm::zip_equal(form.parameters, chosen.getValues()))
    if (!llvm::is_contained(parameter.values, value)) {
      parameter.values.push_back(value);
      llvm::sort(parameter.values);
    }
  forms.push_back(std::move(form));
}

/// Whether results of Winograd's tiles can be pooled in the tile, or there is no pool.
static bool canPoolInTile(const KernelShape &parts, int64_t tile) {
  if (!parts.pool)
    return true;
  WindowShape pool = WindowShape::of(parts.pool);
  return !pool.overlaps() && pool.size == pool.stride && tile % pool.size[0] == 0 && tile % pool.size[1] == 0 &&
         pool.padding == std::array<int64_t, 4>{0, 0, 0, 0};
}

/// Whether the sums of a blocked convolution are fewer in vectors of half the lanes, and these are worth it.
static bool savesHalfVector(kernel::FuncOp func, const KernelShape &parts, const ContractionShape &shape,
                            int64_t lanes) {
  const int64_t rest = shape.outChannels % lanes, least = 4;
  return 0 < rest && rest <= lanes / 2 && lanes / 2 >= least && isa<nn::Conv2dOp>(*parts.contraction) &&
         !shape.isDense() && kernel::getBlocked(func.getFunctionType().getResult(0));
}

void TuningSpace::addForms(kernel::FuncOp func, bool isSplit, bool exact) {
  KernelShape parts = KernelShape::of(func);
  kernel::WeightsAttr form = getDirectForm(func);
  if (!form) {
    addForm(func, {}, isSplit, {});
    return;
  }
  MLIRContext *context = func.getContext();
  addForm(func, form, isSplit, {});
  ContractionShape shape = ContractionShape::of(parts.contraction);
  if (savesHalfVector(func, parts, shape, form.getLanes()))
    addForm(func, kernel::WeightsAttr::get(context, form.getForm(), form.getLanes() / 2, form.getInLanes(), 0), isSplit,
            {});
  const std::array<int64_t, 2> ones = {1, 1}, three = {3, 3};
  bool canTransform = !exact && shape.groups == 1 && shape.window.size == three && shape.window.stride == ones &&
                      shape.window.dilation == ones && form.getInLanes() == form.getLanes() &&
                      std::min(shape.inChannels, shape.outChannels) >= form.getLanes();
  for (int64_t tile : {2, 4, 6})
    if (canTransform && canPoolInTile(parts, tile))
      addForm(
          func,
          kernel::WeightsAttr::get(context, kernel::WeightsForm::Winograd, form.getLanes(), form.getInLanes(), tile),
          isSplit, {});
}

TuningSpace TuningSpace::of(kernel::FuncOp func, const kernel::Machine &machine, bool exact) {
  TuningSpace space;
  space.machine = machine;
  const bool isConstant = hasConstantWeight(func);
  space.addForm(func, isConstant ? getOpenForm(func) : kernel::WeightsAttr(), false, func.getScheduleAttr());
  if (space.forms.empty())
    return space;
  if (isConstant && !machine.isDevice) {
    space.addForms(func, false, exact);
    auto [head, tail] = splitAtPool(func);
    if (head) {
      OwningOpRef<kernel::FuncOp> ownedHead(head), ownedTail(tail);
      space.addForms(head, true, exact);
    }
    // The current one is there twice.
    for (size_t i = space.forms.size(); --i > 0;)
      if (space.forms[i].weights == space.forms[0].weights && !space.forms[i].isSplit)
        space.forms.erase(space.forms.begin() + i);
  }
  // Small products may not be worth a tile.
  if (machine.isDevice && !isa<kernel::GpuElementwiseAttr>(func.getScheduleAttr()))
    space.addForm(func, {}, false, kernel::GpuElementwiseAttr::get(func.getContext(), /*threads=*/128));
  space.collectParameters();
  space.defaultPoint = space.getPoint(0);
  return space;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

void TuningSpace::collectParameters() {
  parameters.push_back({"form", {}});
  for (const Form &form : forms)
    parameters.front().values.push_back(form.name);
  // By name, in the order of their first form; numbers ascend. What no form leaves open is none.
  auto isOpen = [&](StringRef name) {
    return llvm::any_of(forms, [&](const Form &form) {
      return llvm::any_of(form.parameters, [&](const kernel::ScheduleParameter &parameter) {
        return parameter.name == name && parameter.values.size() > 1;
      });
    });
  };
  std::vector<std::pair<kernel::ScheduleParameter, std::vector<int64_t>>> found;
  for (const Form &form : forms)
    for (const kernel::ScheduleParameter &parameter : form.parameters) {
      if (!isOpen(parameter.name))
        continue;
      auto same = llvm::find_if(found, [&](const auto &other) { return other.first.name == parameter.name; });
      if (same == found.end())
        same = found.insert(found.end(), {parameter, {}});
      same->second.insert(same->second.end(), parameter.values.begin(), parameter.values.end());
    }
  for (auto &[parameter, values] : found) {
    llvm::sort(values);
    values.erase(llvm::unique(values), values.end());
    Parameter named = {parameter.name.str(), {}};
    for (int64_t value : values)
      named.values.push_back(toText(parameter, value));
    parameters.push_back(std::move(named));
  }
}

std::vector<unsigned> TuningSpace::getPoint(size_t index) const {
  const Form &form = forms[index];
  SmallVector<int64_t> values = form.schedule.getValues();
  std::vector<unsigned> point = {static_cast<unsigned>(index)};
  for (const Parameter &parameter : ArrayRef<Parameter>(parameters).drop_front()) {
    unsigned place = 0;
    for (auto [own, value] : llvm::zip_equal(form.parameters, values))
      if (own.name == parameter.name)
        place = llvm::find(parameter.values, toText(own, value)) - parameter.values.begin();
    point.push_back(place);
  }
  return point;
}

std::vector<std::vector<unsigned>> TuningSpace::getSeeds() const {
  std::vector<std::vector<unsigned>> seeds;
  for (size_t i = 0; i < forms.size(); ++i)
    seeds.push_back(getPoint(i));
  return seeds;
}

/// The cost model's own schedule is, whatever the rules say.
bool TuningSpace::isFeasible(const Form &form, kernel::ScheduleInterface schedule) const {
  return Attribute(schedule) == Attribute(form.schedule) || schedule.isFeasible(*form.func, machine);
}

std::optional<Choice> TuningSpace::make(ArrayRef<unsigned> point) const {
  const Form &form = forms[point.front()];
  SmallVector<int64_t> values = form.schedule.getValues();
  for (auto [own, value] : llvm::zip_equal(form.parameters, values))
    for (auto [parameter, index] : llvm::drop_begin(llvm::zip_equal(parameters, point)))
      if (own.name == parameter.name) {
        const auto *legal = llvm::find_if(
            own.values, [&](int64_t candidate) { return toText(own, candidate) == parameter.values[index]; });
        if (legal == own.values.end())
          return std::nullopt;
        value = *legal;
      }
  auto schedule = cast<kernel::ScheduleInterface>(form.schedule.withValues(values));
  if (!isFeasible(form, schedule))
    return std::nullopt;
  return Choice{schedule, form.weights, form.isSplit};
}

bool TuningSpace::contains(const Choice &choice) const {
  auto schedule = dyn_cast_or_null<kernel::ScheduleInterface>(choice.schedule);
  kernel::WeightsAttr weights = choice.weights || forms.empty() ? choice.weights : forms.front().weights;
  for (const Form &form : forms) {
    if (!schedule || form.weights != weights || form.isSplit != choice.isSplit ||
        Attribute(schedule).getTypeID() != Attribute(form.schedule).getTypeID())
      continue;
    for (auto [own, value] : llvm::zip_equal(form.parameters, schedule.getValues()))
      if (!llvm::is_contained(own.values, value))
        return false;
    return isFeasible(form, schedule);
  }
  return false;
}

// Builds the driver and the model around the table: see Passes.td.
#include "compiler/driver/ModelTable.h"
#include "compiler/driver/Passes.h"

#include "dlc/model.h"

#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/ModelSymbols.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::driver;

namespace dlc::driver {
#define GEN_PASS_DEF_LOWERTODRIVER
#include "compiler/driver/Passes.h.inc"
} // namespace dlc::driver

static constexpr int32_t descriptorBytes = 56; // sizeof(halide_buffer_t)

namespace {
class DriverBuilder {
public:
  /// For `function`, which is `network` itself or belongs to its training.
  DriverBuilder(ModuleOp module, func::FuncOp network, func::FuncOp function, ModelTable &model)
      : module(module), network(network), function(function), model(model), builder(module.getContext()),
        loc(function.getLoc()), pointer(LLVM::LLVMPointerType::get(module.getContext())), i8(builder.getI8Type()),
        i32(builder.getI32Type()), i64(builder.getI64Type()), device(kernel::getDevice(module)),
        symbols(kernel::getSymbols(network.getSymName(), getFunctionName(), device)) {
    builder.setInsertionPointToEnd(module.getBody());
  }

  /// Returns the model.
  LLVM::GlobalOp build() {
    buildTable();
    if (model.table[DLC_HEADER_WEIGHTS_BYTES] && !model.table[DLC_HEADER_WEIGHTS_EXTERNAL])
      weights = buildWeights();
    declareFunctions();
    buildRun();
    return buildModel();
  }

private:
  std::string getFunctionName() {
    auto role = function->getAttrOfType<StringAttr>(nn::roleAttr);
    return role ? "." + role.getValue().str() : "";
  }

  LLVM::GlobalOp buildGlobal(Type type, StringRef name, Attribute value, StringRef section, int64_t alignment) {
    auto global = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal, name, value,
                                         alignment);
    if (!section.empty())
      global.setSection(section);
    return global;
  }

  void buildTable() {
    auto length = static_cast<int64_t>(model.table.size());
    auto values = DenseIntElementsAttr::get(RankedTensorType::get({length}, i64), ArrayRef<int64_t>(model.table));
    buildGlobal(LLVM::LLVMArrayType::get(i64, length), symbols.table, values, kernel::tableSection, 8);
    buildGlobal(LLVM::LLVMArrayType::get(i8, model.strings.size()), symbols.strings,
                builder.getStringAttr(model.strings), "", 1);
  }

  /// What another module of the network has.
  LLVM::GlobalOp declareGlobal(StringRef name) {
    if (auto there = module.lookupSymbol<LLVM::GlobalOp>(name))
      return there;
    return LLVM::GlobalOp::create(builder, loc, i8, /*isConstant=*/true, LLVM::Linkage::External, name, Attribute());
  }

  /// Room in the right section; the object stage puts the weights in its place. The
  /// machine's module has them for all devices.
  LLVM::GlobalOp buildWeights() {
    if (auto there = module.lookupSymbol<LLVM::GlobalOp>(symbols.weights))
      return there;
    if (!device.empty())
      return declareGlobal(symbols.weights);
    auto target = module->getAttrOfType<DictionaryAttr>("kernel.target");
    bool isLarge = target.getAs<StringAttr>("triple").getValue().starts_with("x86_64");
    auto type = LLVM::LLVMArrayType::get(i8, DLC_WEIGHTS_ALIGNMENT);
    auto global = buildGlobal(type, symbols.weights,
                              DenseElementsAttr::get(RankedTensorType::get({DLC_WEIGHTS_ALIGNMENT}, i8), APInt(8, 0)),
                              isLarge ? kernel::largeWeightsSection : kernel::weightsSection, DLC_WEIGHTS_ALIGNMENT);
    if (module->hasAttr(kernel::devicesAttr))
      global.setLinkage(LLVM::Linkage::External);
    return global;
  }

  /// A constant that is a list of the addresses of symbols; "" stands for null.
  LLVM::GlobalOp buildPointers(StringRef name, Type type, LLVM::Linkage linkage, ArrayRef<std::string> addressed) {
    auto global = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true, linkage, name, Attribute(),
                                         /*alignment=*/8);
    OpBuilder::InsertionGuard guard(builder);
    builder.createBlock(&global.getInitializerRegion());
    Value list = LLVM::UndefOp::create(builder, loc, type);
    for (auto [index, each] : llvm::enumerate(addressed)) {
      Value address = each.empty() ? Value(LLVM::ZeroOp::create(builder, loc, pointer))
                                   : Value(LLVM::AddressOfOp::create(builder, loc, pointer, each));
      list = LLVM::InsertValueOp::create(builder, loc, list, address, index);
    }
    LLVM::ReturnOp::create(builder, loc, list);
    return global;
  }

  /// The models for the devices, ended by null. Returns the list's symbol; "" where there are none.
  std::string buildVariants() {
    auto devices = module->getAttrOfType<ArrayAttr>(kernel::devicesAttr);
    if (!devices || devices.empty())
      return "";
    SmallVector<std::string> models;
    for (StringAttr name : devices.getAsRange<StringAttr>()) {
      models.push_back(kernel::getSymbols(network.getSymName(), getFunctionName(), name.getValue()).model);
      declareGlobal(models.back());
    }
    models.push_back("");
    buildPointers(symbols.variants, LLVM::LLVMArrayType::get(pointer, models.size()), LLVM::Linkage::Internal, models);
    return symbols.variants;
  }

  LLVM::LLVMFuncOp declare(StringRef name, Type result, ArrayRef<Type> arguments) {
    if (auto there = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return there;
    auto function = LLVM::LLVMFuncOp::create(builder, loc, name, LLVM::LLVMFunctionType::get(result, arguments));
    function.setNoUnwind(true);
    return function;
  }

  void declareFunctions() {
    for (Step &step : model.steps) {
      std::string name = kernel::getKernelSymbol(network.getSymName(), step.launch.getCallee(), device);
      LLVM::LLVMFuncOp &kernel = kernels[step.launch.getCallee()];
      if (!kernel)
        kernel = declare(name, i32, SmallVector<Type>(step.buffers.size() + 1, pointer));
      if (!step.halos.empty() && !fillHalo)
        fillHalo = declare("dlc_rt_fill_halo", LLVM::LLVMVoidType::get(module.getContext()),
                           {pointer, pointer, i32, i32, i32, i32, builder.getF32Type()});
    }
  }

  Value constant(Type type, int64_t value) {
    return LLVM::ConstantOp::create(builder, loc, type, builder.getIntegerAttr(type, value));
  }

  Value getBuffer(Value buffers, int64_t index) {
    if (index == 0)
      return buffers;
    return LLVM::GEPOp::create(builder, loc, pointer, LLVM::LLVMArrayType::get(i8, descriptorBytes), buffers,
                               ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)}, LLVM::GEPNoWrapFlags::inbounds);
  }

  /// int32_t run(void *context, halide_buffer_t *buffers, void (*trace)(void *context, int32_t step), int32_t begin,
  ///             int32_t end)
  /// begins with a switch to the first step; each step ends with the question whether it was the last.
  void buildRun() {
    run = LLVM::LLVMFuncOp::create(builder, loc, symbols.run,
                                   LLVM::LLVMFunctionType::get(i32, {pointer, pointer, pointer, i32, i32}),
                                   LLVM::Linkage::Internal);
    run.setNoUnwind(true);
    OpBuilder::InsertionGuard guard(builder);
    Block *block = run.addEntryBlock(builder);
    Value context = block->getArgument(0), buffers = block->getArgument(1), trace = block->getArgument(2);
    Value begin = block->getArgument(3), end = block->getArgument(4);
    Block *exit = builder.createBlock(&run.getBody(), run.getBody().end(), {i32}, {loc});
    LLVM::ReturnOp::create(builder, loc, exit->getArgument(0));

    builder.setInsertionPointToStart(block);
    Value zero = constant(i32, 0), null = LLVM::ZeroOp::create(builder, loc, pointer);
    Value isTraced = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne, trace, null);
    Block *entry = block;
    SmallVector<Block *> firsts, nexts;
    SmallVector<int32_t> numbers;
    for (auto [index, step] : llvm::enumerate(model.steps)) {
      block = builder.createBlock(exit);
      firsts.push_back(block);
      numbers.push_back(index);
      for (const Step::Halo &halo : step.halos) {
        Value value = LLVM::ConstantOp::create(builder, loc, builder.getF32Type(), builder.getF32FloatAttr(0));
        LLVM::CallOp::create(builder, loc, fillHalo,
                             ValueRange{context, getBuffer(buffers, halo.buffer), constant(i32, halo.left),
                                        constant(i32, halo.right), constant(i32, halo.top), constant(i32, halo.bottom),
                                        value});
      }
      SmallVector<Value> arguments = {context};
      for (int64_t buffer : step.buffers)
        arguments.push_back(getBuffer(buffers, buffer));
      auto call = LLVM::CallOp::create(builder, loc, kernels[step.launch.getCallee()], arguments);
      Value failed = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne, call.getResult(), zero);
      Block *done = builder.createBlock(exit), *traced = builder.createBlock(exit), *next = builder.createBlock(exit);
      nexts.push_back(next);

      builder.setInsertionPointToEnd(block);
      LLVM::CondBrOp::create(builder, loc, failed, exit, ValueRange{call.getResult()}, done, ValueRange{});
      builder.setInsertionPointToEnd(done);
      LLVM::CondBrOp::create(builder, loc, isTraced, traced, next);
      builder.setInsertionPointToEnd(traced);
      auto traceType = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(module.getContext()), {pointer, i32});
      LLVM::CallOp::create(builder, loc, traceType, ValueRange{trace, context, constant(i32, index)});
      LLVM::BrOp::create(builder, loc, next);
    }
    for (auto [index, next] : llvm::enumerate(nexts)) {
      builder.setInsertionPointToEnd(next);
      if (index + 1 == nexts.size()) {
        LLVM::BrOp::create(builder, loc, ValueRange{zero}, exit);
        continue;
      }
      Value isLast = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::eq, end, constant(i32, index + 1));
      LLVM::CondBrOp::create(builder, loc, isLast, exit, ValueRange{zero}, firsts[index + 1], ValueRange{});
    }
    builder.setInsertionPointToEnd(entry);
    if (firsts.empty()) {
      LLVM::BrOp::create(builder, loc, ValueRange{zero}, exit);
      return;
    }
    LLVM::SwitchOp::create(builder, loc, begin, exit, ValueRange{zero}, numbers, firsts,
                           SmallVector<ValueRange>(firsts.size(), ValueRange{}));
  }

  /// const struct dlc_model NAME_model = {table, strings, run, weights, variants};
  LLVM::GlobalOp buildModel() {
    auto type = LLVM::LLVMStructType::getLiteral(module.getContext(), SmallVector<Type>(5, pointer));
    bool isSeen = function == network || !device.empty(); // from outside, or by the machine's models
    auto linkage = isSeen ? LLVM::Linkage::External : LLVM::Linkage::Internal;
    std::string variants = buildVariants();
    return buildPointers(symbols.model, type, linkage,
                         {symbols.table, symbols.strings, symbols.run, weights ? symbols.weights : "", variants});
  }

  ModuleOp module;
  func::FuncOp network, function;
  ModelTable &model;
  OpBuilder builder;
  Location loc;
  Type pointer, i8, i32, i64;
  StringRef device; // that the kernels run on; "": none
  kernel::ModelSymbols symbols;
  LLVM::GlobalOp weights;
  LLVM::LLVMFuncOp run, fillHalo;
  llvm::StringMap<LLVM::LLVMFuncOp> kernels;
};

/// const struct dlc_training NAME_training = {DLC_ABI_VERSION, step, update, predict};
void buildTraining(ModuleOp module, func::FuncOp network, llvm::StringMap<LLVM::GlobalOp> &models) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location loc = network.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(module.getContext()), i64 = builder.getI64Type();
  auto type = LLVM::LLVMStructType::getLiteral(module.getContext(), {i64, pointer, pointer, pointer});
  auto global = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true, LLVM::Linkage::External,
                                       kernel::getSymbols(network.getSymName()).training, Attribute(), /*alignment=*/8);
  builder.createBlock(&global.getInitializerRegion());
  SmallVector<Value> values = {LLVM::ConstantOp::create(builder, loc, i64, builder.getI64IntegerAttr(DLC_ABI_VERSION))};
  for (StringRef role : {"step", "update", "predict"})
    values.push_back(LLVM::AddressOfOp::create(builder, loc, models.lookup(role)));
  Value training = LLVM::UndefOp::create(builder, loc, type);
  for (auto [index, value] : llvm::enumerate(values))
    training = LLVM::InsertValueOp::create(builder, loc, training, value, index);
  LLVM::ReturnOp::create(builder, loc, training);
}

struct LowerToDriver : dlc::driver::impl::LowerToDriverBase<LowerToDriver> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<func::FuncOp> networks;
    for (auto function : module.getOps<func::FuncOp>())
      if (!function->hasAttr(nn::roleAttr))
        networks.push_back(function);
    if (networks.size() != 1) {
      module.emitError("expects one network but got ") << networks.size();
      return signalPassFailure();
    }
    llvm::StringMap<LLVM::GlobalOp> models; // by role
    for (auto function : llvm::to_vector(module.getOps<func::FuncOp>())) {
      FailureOr<ModelTable> model = buildModelTable(function);
      if (failed(model))
        return signalPassFailure();
      auto role = function->getAttrOfType<StringAttr>(nn::roleAttr);
      models[role ? role.getValue() : ""] = DriverBuilder(module, networks.front(), function, *model).build();
    }
    if (models.size() > 1 && !kernel::isForDevice(module))
      buildTraining(module, networks.front(), models);
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (isa<func::FuncOp, kernel::FuncOp>(op))
        op.erase();
  }
};
} // namespace

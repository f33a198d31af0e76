// Builds layers through their interfaces: parameters' shapes, the result's type, the op.
#include "compiler/importer/LayerBuilder.h"

#include "dialects/nn/LayerCheck.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"

#include <cstddef>

using namespace mlir;

namespace dlc::importer {

/// Inputs of a faulty layer that are pointed at.
static constexpr size_t noteLimit = 4;

/// Runs the op's type inference, which wants the attributes as the op's properties.
FailureOr<SmallVector<Type, 1>> LayerBuilder::inferResult(const OperationState &state) {
  DictionaryAttr attributes = state.attributes.getDictionary(state.getContext());
  SmallVector<std::max_align_t> storage(llvm::divideCeil(state.name.getOpPropertyByteSize(), sizeof(std::max_align_t)));
  OpaqueProperties properties(storage.data());
  state.name.initOpProperties(properties, OpaqueProperties(nullptr));
  llvm::scope_exit destroy([&] { state.name.destroyOpProperties(properties); });

  SmallVector<Type, 1> types;
  auto *inference = state.name.getInterface<InferTypeOpInterface>();
  auto report = [&] { return emitError(state.location); };
  if (!attributes.empty() &&
      failed(state.name.setOpPropertiesFromAttribute(state.name, properties, attributes, report)))
    return failure();
  if (failed(inference->inferReturnTypes(state.getContext(), state.location, state.operands, attributes, properties, {},
                                         types)))
    return failure();
  return types;
}

Value LayerBuilder::build(const LayerPlan &plan) {
  MLIRContext *context = reporter.getContext();
  OperationState state(NameLoc::get(StringAttr::get(context, plan.name), plan.location),
                       OperationName(("nn." + plan.layer.name).str(), context));

  // An error names the other parties: what the layer reads.
  ScopedDiagnosticHandler noteInputs(context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      for (Value input : ArrayRef(plan.inputs).take_front(noteLimit))
        diagnostic.attachNote(input.getLoc())
            << "it reads " << nn::shapeText(cast<RankedTensorType>(input.getType()).getShape()) << " from here";
    return failure(); // go on to the handler that prints
  });

  // 1. The shapes of its parameters.
  SmallVector<RankedTensorType> inputTypes, parameterTypes;
  for (Value input : plan.inputs)
    inputTypes.push_back(cast<RankedTensorType>(input.getType()));
  auto *interface = state.name.getInterface<nn::LayerOpInterface>();
  if (failed(interface->inferParameterTypes(state.location, inputTypes, plan.config.getDictionary(context),
                                            parameterTypes))) {
    reporter.noteFailure();
    return {};
  }

  // 2. Operands in the op's order, its parameters made as they come.
  auto input = plan.inputs.begin();
  auto parameterType = parameterTypes.begin();
  SmallVector<Operation *> parameters;
  for (const Operand &operand : plan.layer.operands) {
    if (operand.role == Operand::Input) {
      state.operands.push_back(*input++);
    } else if (operand.role == Operand::Inputs) {
      state.operands.append(input, plan.inputs.end());
      input = plan.inputs.end();
    } else if (RankedTensorType type = *parameterType++) {
      auto parameter = nn::ParameterOp::create(builder, state.location, type, plan.name + "." + operand.name.str(),
                                               builder.getStringAttr(operand.init), /*gain=*/FloatAttr(),
                                               /*values=*/DenseF64ArrayAttr());
      if (!plan.trainable)
        parameter->setAttr(nn::trainableAttr, builder.getBoolAttr(false));
      state.operands.push_back(parameter);
      parameters.push_back(parameter);
    }
  }

  // 3. The attributes that are the op's own, and the type that all this gives.
  for (NamedAttribute attribute : plan.config)
    if (plan.layer.findSetting(attribute.getName())->isAttribute)
      state.attributes.push_back(attribute);
  auto types = inferResult(state);
  if (failed(types)) {
    for (Operation *parameter : parameters)
      parameter->erase();
    reporter.noteFailure();
    return {};
  }
  state.addTypes(*types);
  Operation *op = builder.create(state);

  if (auto window = dyn_cast<nn::WindowOpInterface>(op))
    if (std::string uncovered = nn::describeUncoveredTail(window); !uncovered.empty())
      reporter.warning(plan.location, uncovered);
  return op->getResult(0);
}

} // namespace dlc::importer

// Reads "training" into attributes, checking it against the table of losses, optimisers and schedules.
#include "compiler/importer/Training.h"

#include "dialects/nn/Nn.h"
#include "dialects/nn/TrainingSettings.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace dlc::importer {

namespace {

class TrainingReader {
public:
  TrainingReader(const Definitions &definitions, const Outputs &outputs, Reporter &reporter)
      : definitions(definitions), outputs(outputs), reporter(reporter), builder(reporter.getContext()) {}

  DictionaryAttr read(const Node &training) {
    if (!reporter.expect(training, Node::Object, "'training'") ||
        !reporter.checkKeys(training, {"loss", "optimizer", "schedule"}, "'training'"))
      return {};
    const Member *optimizer = reporter.require(training, "optimizer", "'training'");
    if (!optimizer)
      return {};
    NamedAttrList parts;
    bool good = true;
    auto set = [&](StringRef name, Attribute part) {
      good &= part != nullptr;
      if (part)
        parts.set(name, part);
    };
    // Without a loss the program provides the gradients of the outputs.
    if (const Member *loss = training.find("loss"))
      set("loss", readLosses(*loss->value));
    set("optimizer", readPart(*optimizer->value, "an optimizer", nn::getOptimizers(), {}));
    if (const Member *schedule = training.find("schedule"))
      set("schedule", readPart(*schedule->value, "a schedule", nn::getSchedules(), {}));
    return good ? parts.getDictionary(reporter.getContext()) : DictionaryAttr();
  }

private:
  /// One loss, or a list of several that are added up.
  Attribute readLosses(const Node &node) {
    if (!node.is(Node::Array))
      return readLoss(node);
    if (node.items.empty()) {
      reporter.error(node) << "training without a loss";
      return {};
    }
    SmallVector<Attribute> losses;
    for (const Node *item : node.items) {
      losses.push_back(readLoss(*item));
      if (!losses.back())
        return {};
    }
    return builder.getArrayAttr(losses);
  }

  Attribute readLoss(const Node &node) {
    DictionaryAttr part = readPart(node, "a loss", nn::getLosses(), {"input", "target"});
    if (!part)
      return {};
    NamedAttrList loss(part);
    Value read;
    if (const Member *input = node.find("input")) {
      if (!reporter.expectName(*input->value, "'input'"))
        return {};
      read = findLayer(*input->value);
    } else if (outputs.size() != 1) {
      reporter.error(node) << "the network has " << outputs.size() << " outputs: 'input' says which one the loss reads";
    } else {
      read = outputs.front().second;
      loss.set("input", builder.getStringAttr(outputs.front().first));
    }
    if (!read)
      return {};
    read.getDefiningOp()->setAttr(nn::nameAttr, loss.get("input"));

    if (const Member *target = node.find("target")) {
      if (!reporter.expectName(*target->value, "'target'"))
        return {};
      auto taken = definitions.find(target->value->text);
      if (taken != definitions.end()) {
        InFlightDiagnostic diagnostic = reporter.error(*target->value)
                                        << "target '" << target->value->text << "' is called as a layer or input";
        diagnostic.attachNote(reporter.getDocument().getLocation(taken->second.offset)) << "here";
        return {};
      }
    } else {
      loss.set("target", builder.getStringAttr("target"));
    }
    return loss.getDictionary(reporter.getContext());
  }

  /// The layer that a loss reads; null after a diagnostic, and where the layer is faulty.
  Value findLayer(const Node &name) {
    auto found = definitions.find(name.text);
    if (found == definitions.end()) {
      SmallVector<StringRef> known(definitions.keys());
      llvm::sort(known);
      reporter.error(name) << "unknown layer '" << name.text << "'" << didYouMean(name.text, known);
      return {};
    }
    if (found->second.isInput) {
      reporter.error(name) << "'" << name.text << "' is an input of the network, no layer";
      return {};
    }
    return found->second.value;
  }

  /// An object with an "op" among `known`, its settings and the keys `others`, which are names.
  DictionaryAttr readPart(const Node &node, StringRef what, ArrayRef<nn::TrainingPart> known,
                          ArrayRef<StringRef> others) {
    if (!reporter.expect(node, Node::Object, what))
      return {};
    const Member *op = reporter.require(node, "op", what);
    if (!op || !reporter.expectName(*op->value, "'op'"))
      return {};
    const nn::TrainingPart *part = nn::findTrainingPart(known, op->value->text);
    if (!part) {
      auto names = llvm::map_to_vector(known, [](const nn::TrainingPart &each) -> StringRef { return each.name; });
      reporter.error(*op->value) << "there is no " << what.drop_front(what.find(' ') + 1) << " '" << op->value->text
                                 << "'" << didYouMean(op->value->text, names);
      return {};
    }
    SmallVector<StringRef> keys = {"op"};
    llvm::append_range(keys, others);
    for (const nn::TrainingSetting &setting : part->settings)
      keys.push_back(setting.name);
    if (!reporter.checkKeys(node, keys, "'" + part->name.str() + "'"))
      return {};

    SmallVector<NamedAttribute> attributes;
    for (const Member &member : node.members) {
      Attribute value = convert(*member.value, "'" + member.key + "'");
      if (!value)
        return {};
      if (const nn::TrainingSetting *setting = part->find(member.key))
        if (std::string wanted = nn::describeMisfit(*setting, value); !wanted.empty()) {
          reporter.error(*member.value) << "'" << member.key << "' is " << wanted;
          return {};
        }
      attributes.push_back(builder.getNamedAttr(member.key, value));
    }
    return builder.getDictionaryAttr(attributes);
  }

  Attribute convert(const Node &node, StringRef what) {
    SmallVector<Attribute> items;
    switch (node.kind) {
    case Node::Bool:
      return builder.getBoolAttr(node.boolean);
    case Node::Integer:
      return builder.getI64IntegerAttr(node.integer);
    case Node::Number:
      return builder.getF64FloatAttr(node.number);
    case Node::String:
      return builder.getStringAttr(node.text);
    case Node::Array:
      for (const Node *item : node.items) {
        items.push_back(convert(*item, what));
        if (!items.back())
          return {};
      }
      return builder.getArrayAttr(items);
    case Node::Null:
    case Node::Object:
      break;
    }
    reporter.error(node) << what << " takes a number, a string, true, false or a list, not " << describe(node);
    return {};
  }

  const Definitions &definitions;
  const Outputs &outputs;
  Reporter &reporter;
  Builder builder;
};

} // namespace

DictionaryAttr readTraining(const Node &training, const Definitions &definitions, const Outputs &outputs,
                            Reporter &reporter) {
  return TrainingReader(definitions, outputs, reporter).read(training);
}

} // namespace dlc::importer

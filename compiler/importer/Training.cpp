// Reads "training" into attributes, checking names but not the mathematics.
#include "compiler/importer/Training.h"

#include "dialects/nn/Nn.h"

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
        !reporter.checkKeys(training, {"loss", "optimizer"}, "'training'"))
      return {};
    const Member *loss = reporter.require(training, "loss", "'training'");
    const Member *optimizer = reporter.require(training, "optimizer", "'training'");
    if (!loss || !optimizer)
      return {};
    Attribute losses = readLosses(*loss->value);
    Attribute rule = readPart(*optimizer->value, "an optimizer");
    if (!losses || !rule)
      return {};
    return builder.getDictionaryAttr({builder.getNamedAttr("loss", losses), builder.getNamedAttr("optimizer", rule)});
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
    DictionaryAttr part = readPart(node, "a loss");
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

  /// An object with an "op" and settings of whatever kind.
  DictionaryAttr readPart(const Node &node, StringRef what) {
    if (!reporter.expect(node, Node::Object, what))
      return {};
    const Member *op = reporter.require(node, "op", what);
    if (!op || !reporter.expectName(*op->value, "'op'"))
      return {};
    SmallVector<NamedAttribute> attributes;
    for (const Member &member : node.members) {
      if (member.key.empty() || member.key.find('\0') != std::string::npos) {
        reporter.error(member.offset) << "a key without a name";
        return {};
      }
      Attribute value = convert(*member.value, "'" + member.key + "'");
      if (!value)
        return {};
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

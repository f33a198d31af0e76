// Reads every kind of value that a layer's key may have.
#include "compiler/importer/Settings.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;

namespace dlc::importer {

namespace {

/// Reads one value after the other; each function returns null after a diagnostic.
class SettingReader {
public:
  SettingReader(const LayerValues &values, Reporter &reporter)
      : values(values), reporter(reporter), builder(reporter.getContext()) {}

  FailureOr<NamedAttrList> read() {
    // Padding "same" looks at the other settings.
    bool good = true;
    for (bool isPadding : {false, true})
      for (const Setting &setting : values.layer.settings)
        if ((setting.kind == Kind::Padding) == isPadding)
          good &= read(setting);
    if (!good)
      return failure();
    return attributes;
  }

private:
  const Node *find(StringRef key) const {
    auto found = llvm::find_if(values.settings, [&](const Member &member) { return member.key == key; });
    return found == values.settings.end() ? nullptr : found->value;
  }

  bool read(const Setting &setting) {
    const Node *value = find(setting.name);
    if (!value && !setting.follows.empty())
      value = find(setting.follows);
    if (!value) {
      if (!setting.required)
        return true;
      if (!setting.follows.empty())
        return false; // reported where the other setting was missing
      reporter.error(values.offset) << "'" << values.layer.name << "' needs '" << setting.name << "'"
                                    << (setting.summary.empty() ? "" : ": ") << setting.summary;
      return false;
    }
    what = ("'" + setting.name + "'").str();
    Attribute attribute = convert(setting.kind, *value);
    if (attribute)
      attributes.set(setting.name, attribute);
    return bool(attribute);
  }

  Attribute convert(Kind kind, const Node &value) {
    switch (kind) {
    case Kind::Size:
      return size(value);
    case Kind::Padding:
      return padding(value);
    case Kind::Ints:
      return integers(value);
    case Kind::Shape:
      return shape(value);
    case Kind::Int:
      return reporter.expect(value, Node::Integer, what) ? builder.getI64IntegerAttr(value.integer) : Attribute();
    case Kind::Positive:
      return reporter.expectInteger(value, 1, what) ? builder.getI64IntegerAttr(value.integer) : Attribute();
    case Kind::Float:
      return reporter.expect(value, Node::Number, what) ? builder.getF64FloatAttr(value.number) : Attribute();
    case Kind::Bool:
      return reporter.expect(value, Node::Bool, what) ? builder.getBoolAttr(value.boolean) : Attribute();
    }
    llvm_unreachable("no such kind of setting");
  }

  Attribute misfit(const Node &value, StringRef wanted) {
    reporter.error(value) << what << " takes " << wanted << ", not " << describe(value)
                          << (value.is(Node::Array) ? " of " + std::to_string(value.items.size()) : "");
    return {};
  }

  /// One number for both, or [height, width]; each at least `minimum`.
  std::optional<SmallVector<int64_t>> pair(const Node &value, int64_t minimum, StringRef wanted) {
    if (value.is(Node::Integer))
      return reporter.expectInteger(value, minimum, what)
                 ? std::make_optional<SmallVector<int64_t>>({value.integer, value.integer})
                 : std::nullopt;
    if (!value.is(Node::Array) || value.items.size() != 2) {
      misfit(value, wanted);
      return std::nullopt;
    }
    return list(value, minimum);
  }

  std::optional<SmallVector<int64_t>> list(const Node &value, int64_t minimum) {
    SmallVector<int64_t> numbers;
    for (const Node *item : value.items) {
      if (!reporter.expectInteger(*item, minimum, what))
        return std::nullopt;
      numbers.push_back(item->integer);
    }
    return numbers;
  }

  Attribute size(const Node &value) {
    auto numbers = pair(value, 1, "a whole number or a pair [height, width]");
    return numbers ? builder.getDenseI64ArrayAttr(*numbers) : Attribute();
  }

  Attribute integers(const Node &value) {
    if (!value.is(Node::Array))
      return misfit(value, "a list of whole numbers");
    auto numbers = list(value, INT64_MIN);
    return numbers ? builder.getDenseI64ArrayAttr(*numbers) : Attribute();
  }

  Attribute shape(const Node &value) {
    if (!value.is(Node::Array) || value.items.empty())
      return misfit(value, "a list such as [\"batch\", 16, -1]");
    SmallVector<int64_t> dims;
    for (auto [index, item] : llvm::enumerate(value.items)) {
      if (index == 0 && item->isString("batch")) {
        dims.push_back(ShapedType::kDynamic);
      } else if (!item->is(Node::Integer) || (item->integer < 1 && item->integer != -1)) {
        reporter.error(*item) << "a size in " << what << " is a positive whole number or -1"
                              << (index == 0 ? ", the first may be \"batch\"" : "");
        return {};
      } else {
        dims.push_back(item->integer);
      }
    }
    return builder.getDenseI64ArrayAttr(dims);
  }

  Attribute padding(const Node &value) {
    constexpr StringLiteral wanted =
        "a whole number, [height, width], [top, left, bottom, right], \"same\" or \"valid\"";
    if (value.isString("valid"))
      return builder.getDenseI64ArrayAttr({0, 0, 0, 0});
    if (value.isString("same"))
      return samePadding(value);
    if (value.is(Node::Array) && value.items.size() == 4) {
      auto sides = list(value, 0);
      return sides ? builder.getDenseI64ArrayAttr(*sides) : Attribute();
    }
    if (value.is(Node::String)) {
      reporter.error(value) << what << " takes " << wanted << ", not \"" << StringRef(value.text).take_front(40)
                            << "\"";
      return {};
    }
    auto sides = pair(value, 0, wanted);
    if (!sides)
      return {};
    auto [height, width] = std::make_pair((*sides)[0], (*sides)[1]);
    return builder.getDenseI64ArrayAttr({height, width, height, width});
  }

  /// PyTorch's: of d·(k − 1) rows the half, rounded down, stands at the top.
  Attribute samePadding(const Node &value) {
    auto get = [&](StringRef key) -> std::array<int64_t, 2> {
      auto pair = dyn_cast_or_null<DenseI64ArrayAttr>(attributes.get(key));
      return pair ? std::array<int64_t, 2>{pair[0], pair[1]} : std::array<int64_t, 2>{1, 1};
    };
    std::array<int64_t, 2> window = get("kernel_size"), dilation = get("dilation"), stride = get("stride");
    if (stride != std::array<int64_t, 2>{1, 1}) {
      InFlightDiagnostic diagnostic = reporter.error(value) << "padding \"same\" wants stride 1 but got [" << stride[0]
                                                            << ", " << stride[1] << "]";
      if (const Node *given = find("stride"))
        diagnostic.attachNote(reporter.at(*given)) << "stride given here";
      return {};
    }
    int64_t total[2];
    for (int i : {0, 1}) {
      if (llvm::MulOverflow(dilation[i], window[i] - 1, total[i])) {
        reporter.error(value) << "padding for a window of " << window[i] << " with dilation " << dilation[i]
                              << " is out of range";
        return {};
      }
    }
    return builder.getDenseI64ArrayAttr({total[0] / 2, total[1] / 2, total[0] - total[0] / 2, total[1] - total[1] / 2});
  }

  const LayerValues &values;
  Reporter &reporter;
  Builder builder;
  NamedAttrList attributes;
  std::string what; // the setting that is being read, quoted
};

} // namespace

FailureOr<NamedAttrList> readSettings(const LayerValues &values, Reporter &reporter) {
  return SettingReader(values, reporter).read();
}

} // namespace dlc::importer

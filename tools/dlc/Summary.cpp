// Reads a network's summary off its module; tables and JSON.
#include "tools/dlc/Summary.h"
#include "dialects/nn/Nn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace llvm;
using namespace dlc;

//===----------------------------------------------------------------------===//
// Reading the module
//===----------------------------------------------------------------------===//

/// The layer's name in the network file.
static std::string getLayerName(mlir::Operation &op) {
  mlir::StringAttr name;
  op.getLoc()->walk([&](mlir::Location location) {
    if (auto named = dyn_cast<mlir::NameLoc>(location)) {
      name = named.getName();
      return mlir::WalkResult::interrupt();
    }
    return mlir::WalkResult::advance();
  });
  return name ? name.str() : op.getName().stripDialect().str();
}

static LayerKind getKind(mlir::Operation &op) {
  if (isa<nn::ContractionOpInterface>(op))
    return LayerKind::Contraction;
  if (isa<nn::WindowOpInterface>(op))
    return LayerKind::Window;
  if (isa<nn::ElementwiseOpInterface>(op))
    return LayerKind::Elementwise;
  return LayerKind::Other;
}

static LayerSummary describeResult(std::string name, std::string op, mlir::Type type) {
  LayerSummary layer;
  layer.name = std::move(name);
  layer.op = std::move(op);
  auto tensor = cast<mlir::RankedTensorType>(type);
  for (int64_t extent : tensor.getShape())
    layer.shape.push_back(mlir::ShapedType::isDynamic(extent) ? -1 : extent);
  mlir::Type element = tensor.getElementType();
  StringRef kind = isa<mlir::FloatType>(element) ? "f" : element.isUnsignedInteger() ? "u" : "i";
  layer.type = (kind + Twine(element.getIntOrFloatBitWidth())).str();
  layer.bytes = nn::getElementsPerItem(type) * ((element.getIntOrFloatBitWidth() + 7) / 8);
  return layer;
}

/// Running statistics are called so in every state_dict.
static bool isBuffer(nn::ParameterOp parameter) {
  return parameter.getName().rsplit('.').second.starts_with("running_");
}

NetworkSummary dlc::summarize(mlir::ModuleOp module) {
  NetworkSummary network;
  auto function = *module.getOps<mlir::func::FuncOp>().begin();
  network.name = function.getName().str();

  DenseMap<mlir::Value, size_t> layerOf;
  for (mlir::BlockArgument argument : function.getArguments()) {
    auto name = function.getArgAttrOfType<mlir::StringAttr>(argument.getArgNumber(), nn::nameAttr);
    layerOf[argument] = network.layers.size();
    network.layers.push_back(describeResult(name ? name.str() : "input" + std::to_string(argument.getArgNumber()),
                                            "input", argument.getType()));
    network.layers.back().kind = LayerKind::Input;
  }

  DenseSet<mlir::Operation *> counted;
  for (mlir::Operation &op : function.getBody().front().without_terminator()) {
    if (isa<nn::ParameterOp>(op) || op.getNumResults() != 1)
      continue;
    LayerSummary layer = describeResult(getLayerName(op), op.getName().stripDialect().str(), op.getResult(0).getType());
    layer.kind = getKind(op);
    if (auto interface = dyn_cast<nn::LayerOpInterface>(op))
      layer.flops = interface.getFlops();
    for (mlir::Value operand : op.getOperands()) {
      if (auto found = layerOf.find(operand); found != layerOf.end())
        layer.inputs.push_back(found->second);
      auto parameter = operand.getDefiningOp<nn::ParameterOp>();
      if (parameter && counted.insert(parameter).second)
        (isBuffer(parameter) ? layer.buffers : layer.parameters) += parameter.getType().getNumElements();
    }
    layerOf[op.getResult(0)] = network.layers.size();
    network.parameters += layer.parameters;
    network.buffers += layer.buffers;
    network.flops += layer.flops;
    network.bytes += layer.bytes;
    network.layers.push_back(std::move(layer));
  }
  for (mlir::Value output : function.getBody().front().getTerminator()->getOperands())
    if (auto found = layerOf.find(output); found != layerOf.end())
      network.layers[found->second].isOutput = true;
  return network;
}

//===----------------------------------------------------------------------===//
// Numbers for people
//===----------------------------------------------------------------------===//

std::string dlc::withThousands(int64_t number) {
  std::string digits = std::to_string(number), text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > (number < 0) && (digits.size() - i) % 3 == 0)
      text += ',';
    text += digits[i];
  }
  return text;
}

std::string dlc::withPrefix(double number) {
  StringRef prefixes[] = {"", "k", "M", "G", "T", "P"};
  size_t prefix = 0;
  while (number >= 999.5 && prefix + 1 < std::size(prefixes)) {
    number /= 1000;
    ++prefix;
  }
  std::string text;
  raw_string_ostream os(text);
  if (prefix == 0)
    os << format("%.0f", number);
  else
    os << format(number < 9.995 ? "%.2f" : number < 99.95 ? "%.1f" : "%.0f", number) << " " << prefixes[prefix];
  return text;
}

std::string dlc::shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  raw_string_ostream os(text);
  os << "(";
  interleaveComma(shape, os, [&](int64_t extent) {
    if (extent < 0)
      os << "batch";
    else
      os << extent;
  });
  os << ")";
  return text;
}

//===----------------------------------------------------------------------===//
// Table
//===----------------------------------------------------------------------===//

/// A network that is one chain needs no column that says what a layer reads.
static bool isChain(const NetworkSummary &network) {
  for (auto [index, layer] : enumerate(network.layers)) {
    if (layer.kind == LayerKind::Input ? index != 0 : layer.inputs.size() != 1 || layer.inputs[0] + 1 != index)
      return false;
  }
  return true;
}

void dlc::printTable(const NetworkSummary &network, raw_ostream &os) {
  const bool chain = isChain(network);
  std::vector<std::vector<std::string>> rows = {{"Layer (op)", "Output shape", "Parameters", "FLOPs", "Bytes"}};
  if (!chain)
    rows[0].push_back("Reads");
  for (const LayerSummary &layer : network.layers) {
    std::vector<std::string> row = {layer.name + " (" + layer.op + ")", shapeText(layer.shape),
                                    withThousands(layer.parameters), withPrefix(layer.flops), withPrefix(layer.bytes)};
    if (layer.kind == LayerKind::Input)
      row[2] = row[3] = "";
    if (!chain)
      row.push_back(join(map_range(layer.inputs, [&](size_t i) { return network.layers[i].name; }), ", "));
    rows.push_back(std::move(row));
  }

  std::vector<size_t> widths(rows[0].size());
  for (const std::vector<std::string> &row : rows)
    for (auto [width, cell] : zip(widths, row))
      width = std::max(width, cell.size());
  size_t total = 0;
  for (size_t width : widths)
    total += width + 2;
  const std::string rule(total - 2, '-');

  os << network.name << "\n" << rule << "\n";
  for (auto [index, row] : enumerate(rows)) {
    std::string line;
    raw_string_ostream text(line);
    for (auto [column, cell] : enumerate(row)) {
      const bool isNumber = column >= 2 && column <= 4;
      if (isNumber)
        text << right_justify(cell, widths[column]) << "  ";
      else
        text << left_justify(cell, widths[column]) << "  ";
    }
    os << StringRef(line).rtrim() << "\n";
    if (index == 0)
      os << rule << "\n";
  }
  os << rule << "\n"
     << "Parameters: " << withThousands(network.parameters) << " (" << withPrefix(4.0 * network.parameters) << "B)\n";
  if (network.buffers)
    os << "Running statistics: " << withThousands(network.buffers) << "\n";
  os << "FLOPs per item: " << withThousands(network.flops) << " (" << withPrefix(network.flops)
     << "; a multiply-add is 2)\n"
     << "Results of all layers: " << withPrefix(network.bytes) << "B per item\n";
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

void dlc::printJson(const NetworkSummary &network, raw_ostream &os) {
  json::OStream json(os, 2);
  auto writeLayer = [&](const LayerSummary &layer) {
    json.object([&] {
      json.attribute("name", layer.name);
      json.attribute("op", layer.op);
      json.attributeArray("inputs", [&] {
        for (size_t input : layer.inputs)
          json.value(network.layers[input].name);
      });
      json.attribute("type", layer.type);
      json.attributeArray("output_shape", [&] {
        for (int64_t extent : layer.shape)
          json.value(extent < 0 ? json::Value("batch") : json::Value(extent));
      });
      json.attribute("parameters", layer.parameters);
      json.attribute("buffers", layer.buffers);
      json.attribute("flops", layer.flops);
      json.attribute("bytes", layer.bytes);
    });
  };
  json.object([&] {
    json.attribute("name", network.name);
    json.attribute("parameters", network.parameters);
    json.attribute("buffers", network.buffers);
    json.attribute("flops", network.flops);
    json.attribute("bytes", network.bytes);
    json.attributeArray("outputs", [&] {
      for (const LayerSummary &layer : network.layers)
        if (layer.isOutput)
          json.value(layer.name);
    });
    json.attributeArray("layers", [&] {
      for (const LayerSummary &layer : network.layers)
        writeLayer(layer);
    });
  });
  os << "\n";
}

// A network's picture in Graphviz's language, and its page in HTML.
#include "tools/dlc/Summary.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <map>

using namespace llvm;
using namespace dlc;

//===----------------------------------------------------------------------===//
// Graphviz
//===----------------------------------------------------------------------===//

static StringRef getColor(LayerKind kind) {
  switch (kind) {
  case LayerKind::Input:
    return "#e8e8e8";
  case LayerKind::Contraction:
    return "#cfe2f3";
  case LayerKind::Window:
    return "#d9ead3";
  case LayerKind::Elementwise:
    return "#fff2cc";
  case LayerKind::Other:
    return "#ffffff";
  }
  llvm_unreachable("all kinds are listed");
}

static std::string quote(StringRef text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

namespace {
/// The layers whose names begin with a block's name and a dot.
struct Block {
  std::map<std::string, Block> blocks;
  std::vector<size_t> layers;
  size_t count = 0; // layers here and in the blocks inside
};
} // namespace

static void printBlock(const NetworkSummary &network, const Block &block, StringRef path, unsigned depth,
                       raw_ostream &os) {
  for (size_t index : block.layers) {
    const LayerSummary &layer = network.layers[index];
    std::string label = StringRef(layer.name).drop_front(path.size()).str();
    if (layer.op != label)
      label += "\n" + layer.op;
    label += "\n" + shapeText(layer.shape);
    if (layer.parameters)
      label += "\n" + withThousands(layer.parameters) + " parameters";
    os.indent(2 * depth) << "n" << index << " [label=" << quote(label) << ", fillcolor=\"" << getColor(layer.kind)
                         << "\"" << (layer.isOutput ? ", penwidth=2" : "") << "];\n";
  }
  for (const auto &[name, inner] : block.blocks) {
    const std::string innerPath = path.str() + name + ".";
    // A frame around one layer says nothing.
    const bool framed = inner.count > 1;
    if (framed)
      os.indent(2 * depth) << "subgraph " << quote("cluster_" + innerPath) << " {\n"
                           << std::string(2 * depth + 2, ' ')
                           << "label=" << quote(innerPath.substr(0, innerPath.size() - 1)) << ";\n";
    printBlock(network, inner, framed ? StringRef(innerPath) : path, depth + framed, os);
    if (framed)
      os.indent(2 * depth) << "}\n";
  }
}

void dlc::printDot(const NetworkSummary &network, raw_ostream &os) {
  Block root;
  for (auto [index, layer] : enumerate(network.layers)) {
    Block *block = &root;
    ++block->count;
    SmallVector<StringRef> words;
    StringRef(layer.name).split(words, '.');
    for (StringRef word : ArrayRef(words).drop_back()) {
      block = &block->blocks[word.str()];
      ++block->count;
    }
    block->layers.push_back(index);
  }

  os << "digraph " << quote(network.name) << " {\n"
     << "  graph [fontname=\"Helvetica\", fontsize=10, color=\"#999999\", ranksep=0.3];\n"
     << "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=10, margin=\"0.12,0.06\"];\n"
     << "  edge [color=\"#555555\", arrowsize=0.6];\n";
  printBlock(network, root, "", 1, os);
  for (auto [index, layer] : enumerate(network.layers))
    for (size_t input : layer.inputs)
      os << "  n" << input << " -> n" << index << ";\n";
  os << "}\n";
}

//===----------------------------------------------------------------------===//
// HTML
//===----------------------------------------------------------------------===//

static std::string escape(StringRef text) {
  std::string escaped;
  raw_string_ostream os(escaped);
  printHTMLEscaped(text, os);
  return escaped;
}

void dlc::printHtml(const NetworkSummary &network, StringRef svg, raw_ostream &os) {
  os << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" << escape(network.name)
     << "</title>\n"
     << "<style>\n"
        "body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; }\n"
        "table { border-collapse: collapse; }\n"
        "th, td { padding: 0.2em 0.8em; text-align: left; border-bottom: 1px solid #ddd; }\n"
        "th { position: sticky; top: 0; background: #fff; }\n"
        "td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }\n"
        "svg { max-width: 100%; height: auto; }\n"
        "</style>\n</head>\n<body>\n<h1>"
     << escape(network.name) << "</h1>\n<p>" << withThousands(network.parameters) << " parameters, "
     << withPrefix(network.flops) << "FLOP per item (a multiply-add is 2), " << withPrefix(network.bytes)
     << "B of results per item.</p>\n"
     << "<table>\n<tr><th>Layer</th><th>Op</th><th>Output shape</th><th class=\"n\">Parameters</th>"
        "<th class=\"n\">FLOPs</th><th class=\"n\">Bytes</th><th>Reads</th></tr>\n";
  for (const LayerSummary &layer : network.layers) {
    os << "<tr style=\"background: " << getColor(layer.kind) << "\"><td>" << escape(layer.name) << "</td><td>"
       << escape(layer.op) << "</td><td>" << escape(shapeText(layer.shape)) << "</td><td class=\"n\">"
       << withThousands(layer.parameters) << "</td><td class=\"n\">" << withThousands(layer.flops)
       << "</td><td class=\"n\">" << withThousands(layer.bytes) << "</td><td>"
       << join(map_range(layer.inputs, [&](size_t i) { return escape(network.layers[i].name); }), ", ")
       << "</td></tr>\n";
  }
  os << "</table>\n" << svg << "\n</body>\n</html>\n";
}

// What a network is made of: its layers with shapes, parameters and arithmetic.
#ifndef DLC_TOOLS_DLC_SUMMARY_H
#define DLC_TOOLS_DLC_SUMMARY_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace dlc {

/// What colour a layer has in a picture.
enum class LayerKind { Input, Contraction, Window, Elementwise, Other };

struct LayerSummary {
  std::string name, op;
  LayerKind kind = LayerKind::Other;
  std::string type;           // of its elements: "f32", "u8"
  std::vector<int64_t> shape; // of its result; -1 is the batch
  std::vector<size_t> inputs; // the layers it reads, as indices
  int64_t parameters = 0;     // what training learns; what several layers share counts once
  int64_t buffers = 0;        // what training keeps: running statistics
  int64_t flops = 0;          // for one item of the batch
  int64_t bytes = 0;          // of its result, for one item of the batch
  bool isOutput = false;
};

struct NetworkSummary {
  std::string name;
  std::vector<LayerSummary> layers; // inputs first
  int64_t parameters = 0, buffers = 0, flops = 0, bytes = 0;
};

/// Describes the network in a module as it was imported.
NetworkSummary summarize(mlir::ModuleOp module);

//===--- Ways to show it ---------------------------------------------------===//

void printTable(const NetworkSummary &network, llvm::raw_ostream &os);
void printJson(const NetworkSummary &network, llvm::raw_ostream &os);
/// Graphviz's language; layers of one block stand in one frame.
void printDot(const NetworkSummary &network, llvm::raw_ostream &os);
/// A page that stands by itself; `svg` is the network's picture, or empty.
void printHtml(const NetworkSummary &network, llvm::StringRef svg, llvm::raw_ostream &os);

//===--- Numbers for people ------------------------------------------------===//

/// 138,357,544
std::string withThousands(int64_t number);
/// 1.25 G, 17.3 M, 640
std::string withPrefix(double number);
/// "(batch, 64, 224, 224)"
std::string shapeText(llvm::ArrayRef<int64_t> shape);

} // namespace dlc

#endif // DLC_TOOLS_DLC_SUMMARY_H

// What the parts of a network's object are called. All are local in the end, but the model.
#ifndef DLC_DIALECTS_KERNEL_MODELSYMBOLS_H
#define DLC_DIALECTS_KERNEL_MODELSYMBOLS_H

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace dlc::kernel {

/// `name` as a C identifier: what cannot stand in one becomes an underscore.
inline std::string getIdentifier(llvm::StringRef name) {
  std::string identifier;
  for (char c : name)
    identifier += llvm::isAlnum(c) ? c : '_';
  if (identifier.empty() || llvm::isDigit(identifier.front()))
    identifier = "net_" + identifier;
  return identifier;
}

struct ModelSymbols {
  std::string model, table, strings, weights, run;
  std::string training; // what brings the models of training together
  std::string variants; // the models for other devices
};

/// `function`: "" for the network at inference, ".step" and so on for those of
/// training; `device`: "" for the machine that launches.
inline ModelSymbols getSymbols(llvm::StringRef network, llvm::StringRef function = "", llvm::StringRef device = "") {
  std::string name = getIdentifier(network), part = name + function.str();
  if (!device.empty())
    part += "." + device.str();
  return {part == name ? name + "_model" : part + ".model",
          part + ".table",
          part + ".strings",
          name + ".weights",
          part + ".run",
          name + "_training",
          part + ".variants"};
}

inline std::string getKernelSymbol(llvm::StringRef network, llvm::StringRef kernel, llvm::StringRef device = "") {
  return getIdentifier(network) + (device.empty() ? "" : "." + device.str()) + ".kernel." + kernel.str();
}

/// The table has a section of its own, so that its hash can be filled in when the weights are known.
inline constexpr llvm::StringLiteral tableSection = ".rodata.dlc.table";
/// The weights: on x86-64 LLVM marks sections of this name as large data, which
/// may lie anywhere; elsewhere they stay near.
inline constexpr llvm::StringLiteral largeWeightsSection = ".lrodata.dlc";
inline constexpr llvm::StringLiteral weightsSection = ".rodata.dlc.weights";

} // namespace dlc::kernel

#endif // DLC_DIALECTS_KERNEL_MODELSYMBOLS_H

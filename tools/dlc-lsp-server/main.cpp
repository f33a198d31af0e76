// dlc-lsp-server: dlc's IR in an editor, with errors as one types, definitions and hovers.
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/Nn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlir::func::FuncDialect, mlir::LLVM::LLVMDialect, dlc::nn::NnDialect, dlc::kernel::KernelDialect>();
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}

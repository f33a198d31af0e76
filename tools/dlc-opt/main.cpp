// dlc-opt: reads IR of any stage, runs passes on it, prints it; for tests and for looking around.
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/Nn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlir::func::FuncDialect, mlir::LLVM::LLVMDialect, dlc::nn::NnDialect, dlc::kernel::KernelDialect>();
  mlir::registerTransformsPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "dlc-opt: passes over dlc's IR\n", registry));
}

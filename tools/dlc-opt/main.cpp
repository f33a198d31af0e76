// dlc-opt: reads IR of any stage, runs passes on it, prints it; for tests and for looking around.
#include "compiler/driver/Passes.h"
#include "compiler/kernels/Passes.h"
#include "compiler/memory/Passes.h"
#include "compiler/transforms/Passes.h"
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/Nn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlir::func::FuncDialect, mlir::LLVM::LLVMDialect, dlc::nn::NnDialect, dlc::kernel::KernelDialect>();
  mlir::registerTransformsPasses(); // MLIR's own: canonicalize, cse …
  dlc::transforms::registerTransformsPasses();
  dlc::kernels::registerKernelsPasses();
  dlc::memory::registerMemoryPasses();
  dlc::driver::registerDriverPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "dlc-opt: passes over dlc's IR\n", registry));
}

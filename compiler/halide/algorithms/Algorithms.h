// What each layer computes, as Funcs: one function an op, one file a family, one row each in Registry.cpp.
#ifndef DLC_COMPILER_HALIDE_ALGORITHMS_ALGORITHMS_H
#define DLC_COMPILER_HALIDE_ALGORITHMS_ALGORITHMS_H

#include "compiler/halide/Kernel.h"

namespace dlc::halide_backend {

// Activation.cpp
llvm::LogicalResult defineRelu(Kernel &kernel, nn::ReluOp op);
llvm::LogicalResult defineLeakyRelu(Kernel &kernel, nn::LeakyReluOp op);
llvm::LogicalResult defineSigmoid(Kernel &kernel, nn::SigmoidOp op);
llvm::LogicalResult defineTanh(Kernel &kernel, nn::TanhOp op);
llvm::LogicalResult defineElu(Kernel &kernel, nn::EluOp op);
llvm::LogicalResult defineSilu(Kernel &kernel, nn::SiluOp op);

// Binary.cpp
llvm::LogicalResult defineAdd(Kernel &kernel, nn::AddOp op);
llvm::LogicalResult defineMul(Kernel &kernel, nn::MulOp op);

// Contraction.cpp
llvm::LogicalResult defineConv2d(Kernel &kernel, nn::Conv2dOp op);
llvm::LogicalResult defineLinear(Kernel &kernel, nn::LinearOp op);

// Normalization.cpp
llvm::LogicalResult defineBatchNorm2d(Kernel &kernel, nn::BatchNorm2dOp op);
llvm::LogicalResult defineLocalResponseNorm(Kernel &kernel, nn::LocalResponseNormOp op);
llvm::LogicalResult defineNormalize(Kernel &kernel, nn::NormalizeOp op);

// Pool.cpp
llvm::LogicalResult defineMaxPool2d(Kernel &kernel, nn::MaxPool2dOp op);
llvm::LogicalResult defineAvgPool2d(Kernel &kernel, nn::AvgPool2dOp op);
llvm::LogicalResult defineGlobalAvgPool2d(Kernel &kernel, nn::GlobalAvgPool2dOp op);

// Shape.cpp
llvm::LogicalResult defineCopy(Kernel &kernel, mlir::Operation *op);
llvm::LogicalResult defineFlatten(Kernel &kernel, nn::FlattenOp op);
llvm::LogicalResult defineReshape(Kernel &kernel, nn::ReshapeOp op);
llvm::LogicalResult defineConcat(Kernel &kernel, nn::ConcatOp op);
llvm::LogicalResult definePad(Kernel &kernel, nn::PadOp op);

// Softmax.cpp
llvm::LogicalResult defineSoftmax(Kernel &kernel, nn::SoftmaxOp op);
llvm::LogicalResult defineLogSoftmax(Kernel &kernel, nn::LogSoftmaxOp op);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_ALGORITHMS_ALGORITHMS_H

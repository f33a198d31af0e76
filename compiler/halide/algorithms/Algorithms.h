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
llvm::LogicalResult defineSoftplus(Kernel &kernel, nn::SoftplusOp op);
llvm::LogicalResult defineClamp(Kernel &kernel, nn::ClampOp op);
llvm::LogicalResult defineAffine(Kernel &kernel, nn::AffineOp op);
llvm::LogicalResult definePower(Kernel &kernel, nn::PowerOp op);
llvm::LogicalResult defineExp(Kernel &kernel, nn::ExpOp op);
llvm::LogicalResult defineLeakyReluGrad(Kernel &kernel, nn::LeakyReluGradOp op);
llvm::LogicalResult defineEluGrad(Kernel &kernel, nn::EluGradOp op);
llvm::LogicalResult defineClampGrad(Kernel &kernel, nn::ClampGradOp op);

// Binary.cpp
llvm::LogicalResult defineAdd(Kernel &kernel, nn::AddOp op);
llvm::LogicalResult defineMul(Kernel &kernel, nn::MulOp op);
llvm::LogicalResult defineSub(Kernel &kernel, nn::SubOp op);
llvm::LogicalResult defineDiv(Kernel &kernel, nn::DivOp op);

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
llvm::LogicalResult defineFill(Kernel &kernel, nn::FillOp op);
llvm::LogicalResult defineDilate(Kernel &kernel, nn::DilateOp op);
llvm::LogicalResult defineTransposeWeight(Kernel &kernel, nn::TransposeWeightOp op);

// Softmax.cpp
llvm::LogicalResult defineSoftmax(Kernel &kernel, nn::SoftmaxOp op);
llvm::LogicalResult defineLogSoftmax(Kernel &kernel, nn::LogSoftmaxOp op);

// ContractionGrad.cpp
llvm::LogicalResult defineConv2dGradWeight(Kernel &kernel, nn::Conv2dGradWeightOp op);
llvm::LogicalResult defineLinearGradWeight(Kernel &kernel, nn::LinearGradWeightOp op);

// Dropout.cpp
llvm::LogicalResult defineRandomDropout(Kernel &kernel, nn::RandomDropoutOp op);

// Loss.cpp
llvm::LogicalResult defineBinaryCrossEntropy(Kernel &kernel, nn::BinaryCrossEntropyOp op);
llvm::LogicalResult defineBinaryCrossEntropyGrad(Kernel &kernel, nn::BinaryCrossEntropyGradOp op);
llvm::LogicalResult defineNllLoss(Kernel &kernel, nn::NllLossOp op);
llvm::LogicalResult defineNllLossGrad(Kernel &kernel, nn::NllLossGradOp op);

// NormalizationGrad.cpp
llvm::LogicalResult defineBatchVariance(Kernel &kernel, nn::BatchVarianceOp op);
llvm::LogicalResult defineRunningAverage(Kernel &kernel, nn::RunningAverageOp op);
llvm::LogicalResult defineBatchNorm2dGradWeight(Kernel &kernel, nn::BatchNorm2dGradWeightOp op);
llvm::LogicalResult defineBatchNorm2dGradInput(Kernel &kernel, nn::BatchNorm2dGradInputOp op);
llvm::LogicalResult defineBatchNorm2dScale(Kernel &kernel, nn::BatchNorm2dScaleOp op);
llvm::LogicalResult defineLocalResponseNormGrad(Kernel &kernel, nn::LocalResponseNormGradOp op);

// PoolGrad.cpp
llvm::LogicalResult defineMaxPool2dArgmax(Kernel &kernel, nn::MaxPool2dArgmaxOp op);
llvm::LogicalResult defineMaxPool2dGrad(Kernel &kernel, nn::MaxPool2dGradOp op);
llvm::LogicalResult defineAvgPool2dGrad(Kernel &kernel, nn::AvgPool2dGradOp op);

// Reduce.cpp
llvm::LogicalResult defineReduce(Kernel &kernel, nn::ReduceOp op);
llvm::LogicalResult defineExpand(Kernel &kernel, nn::ExpandOp op);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_ALGORITHMS_ALGORITHMS_H

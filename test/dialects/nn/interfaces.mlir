// What passes learn of layers by asking their interfaces.
// RUN: dlc-nn-interfaces answers %s | FileCheck %s

// LeNet-5's layers: a multiply-add is two operations.
func.func @arithmetic(%x: tensor<?x1x28x28xf32>, %w: tensor<6x1x5x5xf32>, %b: tensor<6xf32>, %v: tensor<?x84xf32>, %fc: tensor<10x84xf32>) {
  // CHECK: nn.conv2d: 235200 flops
  %0 = nn.conv2d %x, %w, %b {kernel_size = array<i64: 5, 5>, padding = array<i64: 2, 2, 2, 2>} : (tensor<?x1x28x28xf32>, tensor<6x1x5x5xf32>, tensor<6xf32>) -> tensor<?x6x28x28xf32>
  // CHECK: nn.relu: 4704 flops, keeps zeros
  %1 = nn.relu %0 : (tensor<?x6x28x28xf32>) -> tensor<?x6x28x28xf32>
  // CHECK: nn.max_pool2d: 4704 flops, leaves 0 x 0
  %2 = nn.max_pool2d %1 {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x6x28x28xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.flatten: 0 flops
  %3 = nn.flatten %2 : (tensor<?x6x14x14xf32>) -> tensor<?x1176xf32>
  // CHECK: nn.linear: 1680 flops
  %4 = nn.linear %v, %fc : (tensor<?x84xf32>, tensor<10x84xf32>) -> tensor<?x10xf32>
  // CHECK: nn.softmax: 50 flops
  %5 = nn.softmax %4 : (tensor<?x10xf32>) -> tensor<?x10xf32>
  // CHECK: nn.log_softmax: 50 flops
  %6 = nn.log_softmax %4 : (tensor<?x10xf32>) -> tensor<?x10xf32>
  // CHECK: nn.global_avg_pool2d: 4704 flops
  %7 = nn.global_avg_pool2d %1 : (tensor<?x6x28x28xf32>) -> tensor<?x6x1x1xf32>
  // CHECK: nn.local_response_norm: 61152 flops
  %8 = nn.local_response_norm %1 {size = 5} : (tensor<?x6x28x28xf32>) -> tensor<?x6x28x28xf32>
  // CHECK: nn.concat: 0 flops
  %9 = nn.concat %1, %1 : (tensor<?x6x28x28xf32>, tensor<?x6x28x28xf32>) -> tensor<?x12x28x28xf32>
  // CHECK: nn.batch_norm2d: 9408 flops, makes something of zeros
  %10 = nn.batch_norm2d %1, %b, %b, %b, %b : (tensor<?x6x28x28xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x28x28xf32>
  // CHECK: nn.conv2d: 9223372036854775807 flops
  %huge = nn.parameter "w" : tensor<1000x1000x1000x1000xf32>
  %tall = nn.parameter "x" : tensor<1x1000x10000x1000xf32>
  %11 = nn.conv2d %tall, %huge {kernel_size = array<i64: 1000, 1000>, padding = array<i64: 500, 500, 499, 499>} : (tensor<1x1000x10000x1000xf32>, tensor<1000x1000x1000x1000xf32>) -> tensor<1x1000x10000x1000xf32>
  return
}

// Pad lanes of a blocked layout hold zeros: which layers keep them so.
func.func @zeros(%x: tensor<?x20x8x8xf32>, %gate: tensor<?x20x1x1xf32>, %one: tensor<?x1x8x8xf32>, %channels: tensor<20x1x1xf32>, %scalar: tensor<f32>) {
  // CHECK: nn.sigmoid: 1280 flops, makes something of zeros
  %0 = nn.sigmoid %x : (tensor<?x20x8x8xf32>) -> tensor<?x20x8x8xf32>
  // CHECK: nn.tanh: 1280 flops, keeps zeros
  %1 = nn.tanh %x : (tensor<?x20x8x8xf32>) -> tensor<?x20x8x8xf32>
  // CHECK: nn.add: 1280 flops, keeps zeros
  %2 = nn.add %x, %x : (tensor<?x20x8x8xf32>, tensor<?x20x8x8xf32>) -> tensor<?x20x8x8xf32>
  // CHECK: nn.mul: 1280 flops, keeps zeros
  %3 = nn.mul %x, %gate : (tensor<?x20x8x8xf32>, tensor<?x20x1x1xf32>) -> tensor<?x20x8x8xf32>
  // CHECK: nn.add: 1280 flops, keeps zeros
  %4 = nn.add %x, %channels : (tensor<?x20x8x8xf32>, tensor<20x1x1xf32>) -> tensor<?x20x8x8xf32>
  // CHECK: nn.mul: 1280 flops, makes something of zeros
  %5 = nn.mul %x, %one : (tensor<?x20x8x8xf32>, tensor<?x1x8x8xf32>) -> tensor<?x20x8x8xf32>
  // CHECK: nn.add: 1280 flops, makes something of zeros
  %6 = nn.add %x, %scalar : (tensor<?x20x8x8xf32>, tensor<f32>) -> tensor<?x20x8x8xf32>
  return
}

// What windows leave over of the input.
func.func @windows(%x: tensor<?x1x7x7xf32>, %y: tensor<?x1x8x11xf32>, %z: tensor<?x1x56x56xf32>, %w1: tensor<1x1x1x1xf32>, %w3: tensor<1x1x3x3xf32>) {
  // CHECK: leaves 1 x 1: window 3, stride 3 does not fit input 7 with padding 0: (7 - 3) / 3 is not whole, the last row is dropped, as is the last column
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 3, 3>} : (tensor<?x1x7x7xf32>) -> tensor<?x1x2x2xf32>
  // CHECK: leaves 0 x 0
  %1 = nn.max_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 3, 3>, ceil_mode = true} : (tensor<?x1x7x7xf32>) -> tensor<?x1x3x3xf32>
  // CHECK: leaves 2 x 2: window 3, stride 3 does not fit input 8 with padding 0: (8 - 3) / 3 is not whole, the last 2 rows are dropped; window 3, stride 3 does not fit input 11 with padding 0: (11 - 3) / 3 is not whole, the last 2 columns are dropped
  %2 = nn.avg_pool2d %y {kernel_size = array<i64: 3, 3>, stride = array<i64: 3, 3>} : (tensor<?x1x8x11xf32>) -> tensor<?x1x2x3xf32>
  // Only padding is left over.
  // CHECK: leaves 0 x 0
  %3 = nn.conv2d %z, %w3 {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x1x56x56xf32>, tensor<1x1x3x3xf32>) -> tensor<?x1x28x28xf32>
  // What a stride larger than the window skips is meant.
  // CHECK: leaves 0 x 0
  %4 = nn.conv2d %z, %w1 {kernel_size = array<i64: 1, 1>, stride = array<i64: 2, 2>} : (tensor<?x1x56x56xf32>, tensor<1x1x1x1xf32>) -> tensor<?x1x28x28xf32>
  // CHECK: leaves 0 x 1: window 3, dilation 2, stride 2 does not fit input 11 with padding 1 and 0: (11 + 1 - 5) / 2 is not whole, the last column is dropped
  %5 = nn.conv2d %y, %w3 {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, dilation = array<i64: 2, 2>, padding = array<i64: 1, 1, 0, 0>} : (tensor<?x1x8x11xf32>, tensor<1x1x3x3xf32>) -> tensor<?x1x3x4xf32>
  return
}

// w · γ / √(σ² + ε) with w = 1, 1.125, 1.25, 1.375 (two filters), γ = 2, 2.125, σ² = 3, 3.125.
func.func @fold_scale() -> tensor<2x2xf32> {
  %w = nn.parameter "w" : tensor<2x2xf32>
  %gamma = nn.parameter "gamma" : tensor<2xf32>
  %var = nn.parameter "var" : tensor<2xf32>
  %0 = nn.fold_scale %w, %gamma, %var {eps = 1.0} : (tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  // CHECK: 1.000000e+00 1.125000e+00 1.307847e+00 1.438632e+00
  return %0 : tensor<2x2xf32>
}

// (b − μ) · γ / √(σ² + ε) + β with γ = 1, β = 2, μ = 3, σ² = 4 and no bias, then with b = 5.
func.func @fold_shift() -> (tensor<1xf32>, tensor<1xf32>) {
  %gamma = nn.parameter "gamma" : tensor<1xf32>
  %beta = nn.parameter "beta" : tensor<1xf32>
  %mean = nn.parameter "mean" : tensor<1xf32>
  %var = nn.parameter "var" : tensor<1xf32>
  %b = nn.parameter "b" : tensor<1xf32>
  %0 = nn.fold_shift %gamma, %beta, %mean, %var {eps = 0.0} : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %1 = nn.fold_shift %gamma, %beta, %mean, %var, %b {eps = 0.0} : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  // CHECK: 5.000000e-01
  // CHECK: 3.000000e+00
  return %0, %1 : tensor<1xf32>, tensor<1xf32>
}

// A weight in another shape.
func.func @reshape() -> tensor<2x1x2xf32> {
  %w = nn.parameter "w" : tensor<2x2xf32>
  %0 = nn.reshape %w {shape = array<i64: 2, 1, 2>} : (tensor<2x2xf32>) -> tensor<2x1x2xf32>
  // CHECK: 1.000000e+00 1.125000e+00 1.250000e+00 1.375000e+00
  return %0 : tensor<2x1x2xf32>
}

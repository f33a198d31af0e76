// Convolutions read back what they print, and their results are inferred.
// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @lenet
// CHECK-SAME: (%[[X:.*]]: tensor<?x1x28x28xf32>, %[[W:.*]]: tensor<6x1x5x5xf32>, %[[B:.*]]: tensor<6xf32>)
// CHECK: nn.conv2d %[[X]], %[[W]], %[[B]] {kernel_size = array<i64: 5, 5>, padding = array<i64: 2, 2, 2, 2>} : (tensor<?x1x28x28xf32>, tensor<6x1x5x5xf32>, tensor<6xf32>) -> tensor<?x6x28x28xf32>
func.func @lenet(%x: tensor<?x1x28x28xf32>, %w: tensor<6x1x5x5xf32>, %b: tensor<6xf32>) {
  %0 = nn.conv2d %x, %w, %b {kernel_size = array<i64: 5, 5>, padding = array<i64: 2, 2, 2, 2>} : (tensor<?x1x28x28xf32>, tensor<6x1x5x5xf32>, tensor<6xf32>) -> tensor<?x6x28x28xf32>
  return
}

// Defaults are not printed.
// CHECK-LABEL: @defaults
// CHECK: nn.conv2d %{{.*}}, %{{.*}} {kernel_size = array<i64: 3, 3>} :
func.func @defaults(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  %0 = nn.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1, kernel_size = array<i64: 3, 3>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// AlexNet's first two layers.
// CHECK-LABEL: @alexnet
// CHECK: -> tensor<?x96x55x55xf32>
// CHECK: {groups = 2 : i64, kernel_size = array<i64: 5, 5>, padding = array<i64: 2, 2, 2, 2>}
func.func @alexnet(%x: tensor<?x3x227x227xf32>, %w1: tensor<96x3x11x11xf32>, %p: tensor<?x96x27x27xf32>, %w2: tensor<256x48x5x5xf32>) {
  %0 = nn.conv2d %x, %w1 {kernel_size = array<i64: 11, 11>, stride = array<i64: 4, 4>} : (tensor<?x3x227x227xf32>, tensor<96x3x11x11xf32>) -> tensor<?x96x55x55xf32>
  %1 = nn.conv2d %p, %w2 {kernel_size = array<i64: 5, 5>, padding = array<i64: 2, 2, 2, 2>, groups = 2} : (tensor<?x96x27x27xf32>, tensor<256x48x5x5xf32>) -> tensor<?x256x27x27xf32>
  return
}

// Sizes round down: the last row and column of 7x7 take no part.
// CHECK-LABEL: @rounds_down
func.func @rounds_down(%x: tensor<?x1x7x7xf32>, %w: tensor<1x1x3x3xf32>) -> tensor<?x1x2x2xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, stride = array<i64: 3, 3>} : (tensor<?x1x7x7xf32>, tensor<1x1x3x3xf32>) -> tensor<?x1x2x2xf32>
  return %0 : tensor<?x1x2x2xf32>
}

// Height and width by themselves, padding on four sides, dilation.
// CHECK-LABEL: @oblong
func.func @oblong(%x: tensor<?x2x9x16xf32>, %w: tensor<5x2x3x2xf32>) -> tensor<?x5x4x18xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 2>, stride = array<i64: 2, 1>, padding = array<i64: 2, 3, 0, 1>, dilation = array<i64: 2, 2>} : (tensor<?x2x9x16xf32>, tensor<5x2x3x2xf32>) -> tensor<?x5x4x18xf32>
  return %0 : tensor<?x5x4x18xf32>
}

// A fixed batch, and doubles.
// CHECK-LABEL: @fixed_batch
func.func @fixed_batch(%x: tensor<4x2x5x5xf64>, %w: tensor<2x1x5x5xf64>, %b: tensor<2xf64>) -> tensor<4x2x1x1xf64> {
  %0 = nn.conv2d %x, %w, %b {kernel_size = array<i64: 5, 5>, groups = 2} : (tensor<4x2x5x5xf64>, tensor<2x1x5x5xf64>, tensor<2xf64>) -> tensor<4x2x1x1xf64>
  return %0 : tensor<4x2x1x1xf64>
}

// The storage of operands means nothing to the layer.
// CHECK-LABEL: @encodings
func.func @encodings(%x: tensor<?x32x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %w: tensor<32x32x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x32x8x8xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x32x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<32x32x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x32x8x8xf32>
  return %0 : tensor<?x32x8x8xf32>
}

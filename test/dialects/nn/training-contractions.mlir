// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @transpose_weight
func.func @transpose_weight(%w: tensor<16x6x5x5xf32>) {
  // CHECK: nn.transpose_weight %{{.*}} : (tensor<16x6x5x5xf32>) -> tensor<6x16x5x5xf32>
  %1 = nn.transpose_weight %w : (tensor<16x6x5x5xf32>) -> tensor<6x16x5x5xf32>
  return
}

// CHECK-LABEL: @dilate
func.func @dilate(%0: tensor<?x6x7x7xf32>) {
  // CHECK: nn.dilate %{{.*}} {stride = array<i64: 2, 2>} : (tensor<?x6x7x7xf32>) -> tensor<?x6x13x13xf32>
  %1 = nn.dilate %0 {stride = array<i64: 2, 2>} : (tensor<?x6x7x7xf32>) -> tensor<?x6x13x13xf32>
  return
}

// CHECK-LABEL: @conv2d_grad_weight
func.func @conv2d_grad_weight(%x: tensor<?x6x14x14xf32>, %dy: tensor<?x16x10x10xf32>) {
  // CHECK: nn.conv2d_grad_weight %{{.*}}, %{{.*}} {dilation = array<i64: 1, 1>, groups = 1 : i64, kernel_size = array<i64: 5, 5>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<?x6x14x14xf32>, tensor<?x16x10x10xf32>) -> tensor<16x6x5x5xf32>
  %1 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 5, 5>, stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
      dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x6x14x14xf32>, tensor<?x16x10x10xf32>) -> tensor<16x6x5x5xf32>
  return
}

// CHECK-LABEL: @linear_grad_weight
func.func @linear_grad_weight(%x: tensor<?x84xf32>, %dy: tensor<?x10xf32>) {
  // CHECK: nn.linear_grad_weight %{{.*}}, %{{.*}} : (tensor<?x84xf32>, tensor<?x10xf32>) -> tensor<10x84xf32>
  %1 = nn.linear_grad_weight %x, %dy : (tensor<?x84xf32>, tensor<?x10xf32>) -> tensor<10x84xf32>
  return
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @with_bias
// CHECK: nn.linear %{{.*}}, %{{.*}}, %{{.*}} : (tensor<?x84xf32>, tensor<10x84xf32>, tensor<10xf32>) -> tensor<?x10xf32>
func.func @with_bias(%x: tensor<?x84xf32>, %w: tensor<10x84xf32>, %b: tensor<10xf32>) {
  %0 = nn.linear %x, %w, %b : (tensor<?x84xf32>, tensor<10x84xf32>, tensor<10xf32>) -> tensor<?x10xf32>
  return
}

// The last dimension is contracted, whatever stands before it.
// CHECK-LABEL: @rank_three
// CHECK: nn.linear %{{.*}}, %{{.*}} : (tensor<?x7x84xf64>, tensor<10x84xf64>) -> tensor<?x7x10xf64>
func.func @rank_three(%x: tensor<?x7x84xf64>, %w: tensor<10x84xf64>) {
  %0 = nn.linear %x, %w : (tensor<?x7x84xf64>, tensor<10x84xf64>) -> tensor<?x7x10xf64>
  return
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @max_pool2d_argmax
func.func @max_pool2d_argmax(%x: tensor<?x6x14x14xf32>) {
  // CHECK: nn.max_pool2d_argmax %{{.*}} {dilation = array<i64: 1, 1>, kernel_size = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<?x6x14x14xf32>) -> tensor<?x6x7x7xui8>
  %1 = nn.max_pool2d_argmax %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x14x14xf32>) -> tensor<?x6x7x7xui8>
  return
}

// CHECK-LABEL: @max_pool2d_grad
func.func @max_pool2d_grad(%dy: tensor<?x6x7x7xf32>, %argmax: tensor<?x6x7x7xui8>) {
  // CHECK: nn.max_pool2d_grad %{{.*}}, %{{.*}} {dilation = array<i64: 1, 1>, kernel_size = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<?x6x7x7xf32>, tensor<?x6x7x7xui8>) -> tensor<?x6x14x14xf32>
  %1 = nn.max_pool2d_grad %dy, %argmax {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x7x7xf32>, tensor<?x6x7x7xui8>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @avg_pool2d_grad
func.func @avg_pool2d_grad(%dy: tensor<?x6x7x7xf32>) {
  // CHECK: nn.avg_pool2d_grad %{{.*}} {count_include_pad = true, kernel_size = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<?x6x7x7xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.avg_pool2d_grad %dy {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, count_include_pad = true} : (tensor<?x6x7x7xf32>) -> tensor<?x6x14x14xf32>
  return
}

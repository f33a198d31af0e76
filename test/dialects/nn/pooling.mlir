// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @pools
func.func @pools(%x: tensor<?x6x28x28xf32>) {
  // CHECK: nn.max_pool2d %{{.*}} {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x6x28x28xf32>) -> tensor<?x6x14x14xf32>
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x6x28x28xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.avg_pool2d %{{.*}} {count_include_pad = false, kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}
  %1 = nn.avg_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, count_include_pad = false} : (tensor<?x6x28x28xf32>) -> tensor<?x6x28x28xf32>
  // CHECK: nn.global_avg_pool2d %{{.*}} : (tensor<?x6x28x28xf32>) -> tensor<?x6x1x1xf32>
  %2 = nn.global_avg_pool2d %x : (tensor<?x6x28x28xf32>) -> tensor<?x6x1x1xf32>
  return
}

// Sizes round down, and up with ceil_mode.
// CHECK-LABEL: @rounding
func.func @rounding(%x: tensor<?x1x7x7xf32>) {
  // CHECK: -> tensor<?x1x2x2xf32>
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 3, 3>} : (tensor<?x1x7x7xf32>) -> tensor<?x1x2x2xf32>
  // CHECK: {ceil_mode = true,
  // CHECK-SAME: -> tensor<?x1x3x3xf32>
  %1 = nn.max_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 3, 3>, ceil_mode = true} : (tensor<?x1x7x7xf32>) -> tensor<?x1x3x3xf32>
  return
}

// GoogLeNet's pools.
// CHECK-LABEL: @googlenet
func.func @googlenet(%x: tensor<?x64x112x112xf32>) -> tensor<?x64x56x56xf32> {
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, ceil_mode = true} : (tensor<?x64x112x112xf32>) -> tensor<?x64x56x56xf32>
  return %0 : tensor<?x64x56x56xf32>
}

// With ceil_mode the last window starts inside the input or its leading padding:
// rounding 3 + 2 - 2 over 2 up would give 3, of which the last would start at row 3.
// CHECK-LABEL: @last_window
func.func @last_window(%x: tensor<?x1x3x3xf32>) -> tensor<?x1x2x2xf32> {
  %0 = nn.avg_pool2d %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, ceil_mode = true} : (tensor<?x1x3x3xf32>) -> tensor<?x1x2x2xf32>
  return %0 : tensor<?x1x2x2xf32>
}

// With ceil_mode one window may be larger than the input.
// CHECK-LABEL: @larger_window
func.func @larger_window(%x: tensor<?x1x2x2xf32>) -> tensor<?x1x1x1xf32> {
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, ceil_mode = true} : (tensor<?x1x2x2xf32>) -> tensor<?x1x1x1xf32>
  return %0 : tensor<?x1x1x1xf32>
}

// CHECK-LABEL: @dilated
func.func @dilated(%x: tensor<?x1x9x9xf32>) -> tensor<?x1x5x9xf32> {
  // CHECK: {dilation = array<i64: 2, 3>, kernel_size = array<i64: 3, 3>, padding = array<i64: 0, 3, 0, 3>, stride = array<i64: 1, 1>}
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 1, 1>, dilation = array<i64: 2, 3>, padding = array<i64: 0, 3, 0, 3>} : (tensor<?x1x9x9xf32>) -> tensor<?x1x5x9xf32>
  return %0 : tensor<?x1x5x9xf32>
}

// RUN: %dlc-opt %s --nn-fold-pad | FileCheck %s

// Padding counts from the last dimension: left 1, right 2, top 3, bottom 4.
// CHECK-LABEL: func.func @conv
// CHECK-NOT: nn.pad
// CHECK: nn.conv2d %arg0, %{{.*}} {kernel_size = array<i64: 3, 3>, padding = array<i64: 4, 2, 5, 3>}
func.func @conv(%x: tensor<?x2x8x8xf32> {nn.name = "x"}) -> (tensor<?x4x15x11xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" : tensor<4x2x3x3xf32>
  %0 = nn.pad %x {padding = array<i64: 1, 2, 3, 4>} : (tensor<?x2x8x8xf32>) -> tensor<?x2x15x11xf32>
  %1 = nn.conv2d %0, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x2x15x11xf32>, tensor<4x2x3x3xf32>) -> tensor<?x4x15x11xf32>
  return %1 : tensor<?x4x15x11xf32>
}

// The width alone, read by two convolutions, and by another layer that keeps the pad.
// CHECK-LABEL: func.func @readers
// CHECK: %[[PAD:.*]] = nn.pad %arg0
// CHECK: nn.conv2d %arg0, %{{.*}} {kernel_size = array<i64: 1, 1>, padding = array<i64: 0, 1, 0, 1>}
// CHECK: nn.conv2d %arg0, %{{.*}} {kernel_size = array<i64: 1, 1>, padding = array<i64: 0, 1, 0, 1>}
// CHECK: nn.relu %[[PAD]]
func.func @readers(%x: tensor<?x4x4x4xf32> {nn.name = "x"}) -> (tensor<?x4x4x6xf32> {nn.name = "a"}, tensor<?x4x4x6xf32> {nn.name = "b"}, tensor<?x4x4x6xf32> {nn.name = "c"}) {
  %w = nn.parameter "w" : tensor<4x4x1x1xf32>
  %0 = nn.pad %x {padding = array<i64: 1, 1>} : (tensor<?x4x4x4xf32>) -> tensor<?x4x4x6xf32>
  %1 = nn.conv2d %0, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x4x4x6xf32>, tensor<4x4x1x1xf32>) -> tensor<?x4x4x6xf32>
  %2 = nn.conv2d %0, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x4x4x6xf32>, tensor<4x4x1x1xf32>) -> tensor<?x4x4x6xf32>
  %3 = nn.relu %0 : (tensor<?x4x4x6xf32>) -> tensor<?x4x4x6xf32>
  return %1, %2, %3 : tensor<?x4x4x6xf32>, tensor<?x4x4x6xf32>, tensor<?x4x4x6xf32>
}

// An average over a border that lies in its input counts the border, whatever it does with its own.
// CHECK-LABEL: func.func @average
// CHECK-NEXT: nn.avg_pool2d %arg0 {
// CHECK-SAME: padding = array<i64: 1, 1, 1, 1>
// CHECK-NOT: count_include_pad = false
// CHECK: return
func.func @average(%x: tensor<?x4x4x4xf32> {nn.name = "x"}) -> (tensor<?x4x2x2xf32> {nn.name = "y"}) {
  %0 = nn.pad %x {padding = array<i64: 1, 1, 1, 1>} : (tensor<?x4x4x4xf32>) -> tensor<?x4x6x6xf32>
  %1 = nn.avg_pool2d %0 {kernel_size = array<i64: 3, 3>, stride = array<i64: 3, 3>, count_include_pad = false} : (tensor<?x4x6x6xf32>) -> tensor<?x4x2x2xf32>
  return %1 : tensor<?x4x2x2xf32>
}

// What would not be the same: another value, cropping, channels, a maximum, a
// window that the padding would exceed, sizes rounded up, a border left out of some means.
// CHECK-LABEL: func.func @kept
// CHECK-COUNT-7: nn.pad
func.func @kept(%x: tensor<?x4x4x4xf32> {nn.name = "x"}) -> (tensor<?x4x6x6xf32> {nn.name = "a"}, tensor<?x4x3x4xf32> {nn.name = "b"},
    tensor<?x4x4x4xf32> {nn.name = "c"}, tensor<?x4x3x3xf32> {nn.name = "d"}, tensor<?x4x4x4xf32> {nn.name = "e"},
    tensor<?x4x3x3xf32> {nn.name = "f"}, tensor<?x4x7x7xf32> {nn.name = "g"}) {
  %w = nn.parameter "w" : tensor<4x4x1x1xf32>
  %w2 = nn.parameter "w2" : tensor<4x6x1x1xf32>
  %0 = nn.pad %x {padding = array<i64: 1, 1, 1, 1>, value = 1.0 : f64} : (tensor<?x4x4x4xf32>) -> tensor<?x4x6x6xf32>
  %a = nn.conv2d %0, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x4x6x6xf32>, tensor<4x4x1x1xf32>) -> tensor<?x4x6x6xf32>
  %1 = nn.pad %x {padding = array<i64: 0, 0, 0, -1>} : (tensor<?x4x4x4xf32>) -> tensor<?x4x3x4xf32>
  %b = nn.conv2d %1, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x4x3x4xf32>, tensor<4x4x1x1xf32>) -> tensor<?x4x3x4xf32>
  %2 = nn.pad %x {padding = array<i64: 0, 0, 0, 0, 1, 1>} : (tensor<?x4x4x4xf32>) -> tensor<?x6x4x4xf32>
  %c = nn.conv2d %2, %w2 {kernel_size = array<i64: 1, 1>} : (tensor<?x6x4x4xf32>, tensor<4x6x1x1xf32>) -> tensor<?x4x4x4xf32>
  %3 = nn.pad %x {padding = array<i64: 1, 1, 1, 1>} : (tensor<?x4x4x4xf32>) -> tensor<?x4x6x6xf32>
  %d = nn.max_pool2d %3 {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x4x6x6xf32>) -> tensor<?x4x3x3xf32>
  %4 = nn.pad %x {padding = array<i64: 2, 2, 2, 2>} : (tensor<?x4x4x4xf32>) -> tensor<?x4x8x8xf32>
  %e = nn.avg_pool2d %4 {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x4x8x8xf32>) -> tensor<?x4x4x4xf32>
  %5 = nn.pad %x {padding = array<i64: 1, 1, 1, 1>} : (tensor<?x4x4x4xf32>) -> tensor<?x4x6x6xf32>
  %f = nn.avg_pool2d %5 {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, ceil_mode = true} : (tensor<?x4x6x6xf32>) -> tensor<?x4x3x3xf32>
  %6 = nn.pad %x {padding = array<i64: 1, 1, 1, 1>} : (tensor<?x4x4x4xf32>) -> tensor<?x4x6x6xf32>
  %g = nn.avg_pool2d %6 {kernel_size = array<i64: 4, 4>, stride = array<i64: 1, 1>, padding = array<i64: 2, 2, 2, 2>, count_include_pad = false} : (tensor<?x4x6x6xf32>) -> tensor<?x4x7x7xf32>
  return %a, %b, %c, %d, %e, %f, %g : tensor<?x4x6x6xf32>, tensor<?x4x3x4xf32>, tensor<?x4x4x4xf32>, tensor<?x4x3x3xf32>, tensor<?x4x4x4xf32>, tensor<?x4x3x3xf32>, tensor<?x4x7x7xf32>
}

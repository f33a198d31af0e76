// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @pad
func.func @pad(%x: tensor<?x3x32x32xf32>) {
  // The last dimension comes first.
  // CHECK: nn.pad %{{.*}} {padding = array<i64: 1, 2>} : (tensor<?x3x32x32xf32>) -> tensor<?x3x32x35xf32>
  %0 = nn.pad %x {padding = array<i64: 1, 2>, value = 0.0} : (tensor<?x3x32x32xf32>) -> tensor<?x3x32x35xf32>
  // Negative values crop.
  // CHECK: {padding = array<i64: 1, 2, 0, -1>, value = -1.000000e+00 : f64} : (tensor<?x3x32x32xf32>) -> tensor<?x3x31x35xf32>
  %1 = nn.pad %x {padding = array<i64: 1, 2, 0, -1>, value = -1.0} : (tensor<?x3x32x32xf32>) -> tensor<?x3x31x35xf32>
  // CHECK: -> tensor<?x16x32x32xf32>
  %2 = nn.pad %x {padding = array<i64: 0, 0, 0, 0, 6, 7>} : (tensor<?x3x32x32xf32>) -> tensor<?x16x32x32xf32>
  return
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @flatten
func.func @flatten(%x: tensor<?x16x5x5xf32>) {
  // CHECK: nn.flatten %{{.*}} : (tensor<?x16x5x5xf32>) -> tensor<?x400xf32>
  %0 = nn.flatten %x {start_dim = 1, end_dim = -1} : (tensor<?x16x5x5xf32>) -> tensor<?x400xf32>
  // CHECK: nn.flatten %{{.*}} {end_dim = 2 : i64} : (tensor<?x16x5x5xf32>) -> tensor<?x80x5xf32>
  %1 = nn.flatten %x {end_dim = 2} : (tensor<?x16x5x5xf32>) -> tensor<?x80x5xf32>
  // CHECK: nn.flatten %{{.*}} {start_dim = -2 : i64} : (tensor<?x16x5x5xf32>) -> tensor<?x16x25xf32>
  %2 = nn.flatten %x {start_dim = -2} : (tensor<?x16x5x5xf32>) -> tensor<?x16x25xf32>
  return
}

// CHECK-LABEL: @reshape
func.func @reshape(%x: tensor<?x16x5x5xf32>, %y: tensor<4x16x5x5xf32>) {
  // CHECK: nn.reshape %{{.*}} {shape = array<i64: -9223372036854775808, 25, 16>} : (tensor<?x16x5x5xf32>) -> tensor<?x25x16xf32>
  %0 = nn.reshape %x {shape = array<i64: -9223372036854775808, 25, 16>} : (tensor<?x16x5x5xf32>) -> tensor<?x25x16xf32>
  // CHECK: nn.reshape %{{.*}} -> tensor<?x4x4x25xf32>
  %1 = nn.reshape %x {shape = array<i64: -9223372036854775808, 4, -1, 25>} : (tensor<?x16x5x5xf32>) -> tensor<?x4x4x25xf32>
  // CHECK: nn.reshape %{{.*}} -> tensor<4x400xf32>
  %2 = nn.reshape %y {shape = array<i64: 4, -1>} : (tensor<4x16x5x5xf32>) -> tensor<4x400xf32>
  // The batch as a symbol is whatever the input's is.
  // CHECK: nn.reshape %{{.*}} -> tensor<4x400xf32>
  %3 = nn.reshape %y {shape = array<i64: -9223372036854775808, -1>} : (tensor<4x16x5x5xf32>) -> tensor<4x400xf32>
  return
}

// What layers simplify to by themselves.
// RUN: %dlc-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: @relu_of_relu
// CHECK-SAME: (%[[X:.*]]: tensor<?x6xf32>)
func.func @relu_of_relu(%x: tensor<?x6xf32>) -> tensor<?x6xf32> {
  // CHECK-NEXT: %[[Y:.*]] = nn.relu %[[X]]
  // CHECK-NEXT: return %[[Y]]
  %0 = nn.relu %x : (tensor<?x6xf32>) -> tensor<?x6xf32>
  %1 = nn.relu %0 : (tensor<?x6xf32>) -> tensor<?x6xf32>
  return %1 : tensor<?x6xf32>
}

// CHECK-LABEL: @nothing_to_do
// CHECK-SAME: (%[[X:.*]]: tensor<?x6xf32>, %[[Y:.*]]: tensor<?x6x4x4xf32>)
func.func @nothing_to_do(%x: tensor<?x6xf32>, %y: tensor<?x6x4x4xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>, tensor<?x6x4x4xf32>, tensor<?x6xf32>) {
  // CHECK-NEXT: return %[[X]], %[[X]], %[[Y]], %[[X]]
  %0 = nn.flatten %x : (tensor<?x6xf32>) -> tensor<?x6xf32>
  %1 = nn.reshape %x {shape = array<i64: -9223372036854775808, 6>} : (tensor<?x6xf32>) -> tensor<?x6xf32>
  %2 = nn.pad %y {padding = array<i64: 0, 0, 0, 0>, value = 1.0} : (tensor<?x6x4x4xf32>) -> tensor<?x6x4x4xf32>
  %3 = nn.concat %x : (tensor<?x6xf32>) -> tensor<?x6xf32>
  return %0, %1, %2, %3 : tensor<?x6xf32>, tensor<?x6xf32>, tensor<?x6x4x4xf32>, tensor<?x6xf32>
}

// Padding that cancels out still shifts the picture.
// CHECK-LABEL: @shifting_pad
func.func @shifting_pad(%x: tensor<?x6x4x4xf32>) -> tensor<?x6x4x4xf32> {
  // CHECK: nn.pad
  %0 = nn.pad %x {padding = array<i64: 1, -1>} : (tensor<?x6x4x4xf32>) -> tensor<?x6x4x4xf32>
  return %0 : tensor<?x6x4x4xf32>
}

// CHECK-LABEL: @reshapes
// CHECK-SAME: (%[[X:.*]]: tensor<?x6x4x4xf32>)
func.func @reshapes(%x: tensor<?x6x4x4xf32>) -> tensor<?x2x48xf32> {
  // CHECK-NEXT: %[[Y:.*]] = nn.reshape %[[X]] {shape = array<i64: -9223372036854775808, 2, -1>} : (tensor<?x6x4x4xf32>) -> tensor<?x2x48xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = nn.flatten %x : (tensor<?x6x4x4xf32>) -> tensor<?x96xf32>
  %1 = nn.reshape %0 {shape = array<i64: -9223372036854775808, 3, 32>} : (tensor<?x96xf32>) -> tensor<?x3x32xf32>
  %2 = nn.reshape %1 {shape = array<i64: -9223372036854775808, 2, -1>} : (tensor<?x3x32xf32>) -> tensor<?x2x48xf32>
  return %2 : tensor<?x2x48xf32>
}

// A reshape there and back is nothing.
// CHECK-LABEL: @there_and_back
func.func @there_and_back(%x: tensor<?x6x4x4xf32>) -> tensor<?x6x4x4xf32> {
  // CHECK-NEXT: return %{{.*}} : tensor<?x6x4x4xf32>
  %0 = nn.flatten %x : (tensor<?x6x4x4xf32>) -> tensor<?x96xf32>
  %1 = nn.reshape %0 {shape = array<i64: -9223372036854775808, 6, 4, 4>} : (tensor<?x96xf32>) -> tensor<?x6x4x4xf32>
  return %1 : tensor<?x6x4x4xf32>
}

// Layers that nobody reads go.
// CHECK-LABEL: @unused
func.func @unused(%x: tensor<?x6xf32>) -> tensor<?x6xf32> {
  // CHECK-NEXT: return
  %0 = nn.tanh %x : (tensor<?x6xf32>) -> tensor<?x6xf32>
  return %x : tensor<?x6xf32>
}

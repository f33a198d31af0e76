// RUN: %dlc-opt %s --nn-linear-to-conv2d | FileCheck %s

// The activation moves before the flatten, so that it still follows the sum.
// CHECK-LABEL: func.func @plane
// CHECK: %[[X:.*]] = nn.relu %arg0
// CHECK-NOT: nn.flatten
// CHECK: %[[W:.*]] = nn.reshape %{{.*}} {shape = array<i64: 5, 2, 3, 4>} : (tensor<5x24xf32>) -> tensor<5x2x3x4xf32>
// CHECK: %[[C:.*]] = nn.conv2d %[[X]], %[[W]], %{{.*}} {kernel_size = array<i64: 3, 4>} : {{.*}} -> tensor<?x5x1x1xf32>
// CHECK: %[[R:.*]] = nn.relu %[[C]] : (tensor<?x5x1x1xf32>) -> tensor<?x5x1x1xf32>
// CHECK: %[[T:.*]] = nn.tanh %[[R]] : (tensor<?x5x1x1xf32>) -> tensor<?x5x1x1xf32>
// CHECK: %[[Y:.*]] = nn.flatten %[[T]] : (tensor<?x5x1x1xf32>) -> tensor<?x5xf32>
// CHECK: return %[[Y]]
func.func @plane(%x: tensor<?x2x3x4xf32> {nn.name = "x"}) -> (tensor<?x5xf32> {nn.name = "y"}) {
  %0 = nn.relu %x : (tensor<?x2x3x4xf32>) -> tensor<?x2x3x4xf32>
  %1 = nn.flatten %0 : (tensor<?x2x3x4xf32>) -> tensor<?x24xf32>
  %w = nn.parameter "w" : tensor<5x24xf32>
  %b = nn.parameter "b" : tensor<5xf32>
  %2 = nn.linear %1, %w, %b : (tensor<?x24xf32>, tensor<5x24xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  %3 = nn.relu %2 : (tensor<?x5xf32>) -> tensor<?x5xf32>
  %4 = nn.tanh %3 : (tensor<?x5xf32>) -> tensor<?x5xf32>
  return %4 : tensor<?x5xf32>
}

// Two heads over one flattened plane that is an output too; the sum of one head is read twice.
// CHECK-LABEL: func.func @heads
// CHECK: %[[FLAT:.*]] = nn.reshape %{{.*}} : (tensor<?x2x2x2xf32>) -> tensor<?x8xf32>
// CHECK: %[[A:.*]] = nn.conv2d
// CHECK: %[[FA:.*]] = nn.flatten %[[A]]
// CHECK: %[[RA:.*]] = nn.relu %[[FA]]
// CHECK: %[[B:.*]] = nn.conv2d
// CHECK: %[[FB:.*]] = nn.flatten %[[B]]
// CHECK: return %[[FLAT]], %[[FA]], %[[RA]], %[[FB]]
func.func @heads(%x: tensor<?x2x2x2xf32> {nn.name = "x"}) -> (tensor<?x8xf32> {nn.name = "f"}, tensor<?x5xf32> {nn.name = "a"}, tensor<?x5xf32> {nn.name = "ra"}, tensor<?x5xf32> {nn.name = "b"}) {
  %0 = nn.relu %x : (tensor<?x2x2x2xf32>) -> tensor<?x2x2x2xf32>
  %1 = nn.reshape %0 {shape = array<i64: -9223372036854775808, 8>} : (tensor<?x2x2x2xf32>) -> tensor<?x8xf32>
  %w = nn.parameter "w" : tensor<5x8xf32>
  %2 = nn.linear %1, %w : (tensor<?x8xf32>, tensor<5x8xf32>) -> tensor<?x5xf32>
  %3 = nn.relu %2 : (tensor<?x5xf32>) -> tensor<?x5xf32>
  %4 = nn.linear %1, %w : (tensor<?x8xf32>, tensor<5x8xf32>) -> tensor<?x5xf32>
  return %1, %2, %3, %4 : tensor<?x8xf32>, tensor<?x5xf32>, tensor<?x5xf32>, tensor<?x5xf32>
}

// Inputs of the network are row-major anyway; a plane of one pixel needs no convolution.
// CHECK-LABEL: func.func @kept
// CHECK-NOT: nn.conv2d
// CHECK-COUNT-2: nn.linear
func.func @kept(%x: tensor<?x2x2x2xf32> {nn.name = "x"}) -> (tensor<?x5xf32> {nn.name = "a"}, tensor<?x5xf32> {nn.name = "b"}) {
  %w8 = nn.parameter "w8" : tensor<5x8xf32>
  %w2 = nn.parameter "w2" : tensor<5x2xf32>
  %0 = nn.flatten %x : (tensor<?x2x2x2xf32>) -> tensor<?x8xf32>
  %1 = nn.linear %0, %w8 : (tensor<?x8xf32>, tensor<5x8xf32>) -> tensor<?x5xf32>
  %2 = nn.global_avg_pool2d %x : (tensor<?x2x2x2xf32>) -> tensor<?x2x1x1xf32>
  %3 = nn.flatten %2 : (tensor<?x2x1x1xf32>) -> tensor<?x2xf32>
  %4 = nn.linear %3, %w2 : (tensor<?x2xf32>, tensor<5x2xf32>) -> tensor<?x5xf32>
  return %1, %4 : tensor<?x5xf32>, tensor<?x5xf32>
}

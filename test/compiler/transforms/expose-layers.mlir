// RUN: %dlc-opt %s --nn-expose-layers | FileCheck %s

// In their order, behind the network's results; parameters are no layers, and what has no name is none of the file's.
// CHECK-LABEL: func.func @net
// CHECK-SAME: -> (tensor<?x4xf32> {nn.name = "y"}, tensor<?x4xf32> {nn.name = "first"}, tensor<?x4xf32> {nn.name = "y"})
// CHECK: %[[A:.*]] = nn.relu
// CHECK: %[[B:.*]] = nn.relu
// CHECK: %[[C:.*]] = nn.mul
// CHECK: return %[[C]], %[[A]], %[[C]]
func.func @net(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" : tensor<1x4xf32> loc("w")
  %0 = nn.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32> loc("first")
  %1 = nn.relu %0 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %2 = nn.mul %1, %w : (tensor<?x4xf32>, tensor<1x4xf32>) -> tensor<?x4xf32> loc("y")
  return %2 : tensor<?x4xf32>
}

// RUN: dlc-opt %s --nn-use-double --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @net(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf64>) -> tensor<?x2xf64>
// CHECK: %[[W:.*]] = nn.parameter "w" : tensor<2x4xf64>
// CHECK: %[[Y:.*]] = nn.linear %[[X]], %[[W]] : (tensor<?x4xf64>, tensor<2x4xf64>) -> tensor<?x2xf64>
// CHECK: return %[[Y]] : tensor<?x2xf64>
func.func @net(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = nn.parameter "w" : tensor<2x4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func @raw(%x: tensor<?x3x4x4xui8>) -> tensor<?x3x4x4xf32> {
  // expected-error @below {{the conversion of an input's raw values gives f32: f64 takes inputs of the type "f32" as they are}}
  %0 = nn.normalize %x : (tensor<?x3x4x4xui8>) -> tensor<?x3x4x4xf32>
  return %0 : tensor<?x3x4x4xf32>
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @equal
func.func @equal(%a: tensor<?x64x56x56xf32>) {
  // CHECK: nn.add %{{.*}}, %{{.*}} : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  %0 = nn.add %a, %a : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  // CHECK: nn.mul
  %1 = nn.mul %a, %a : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  // CHECK: nn.sub %{{.*}}, %{{.*}} : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  %2 = nn.sub %a, %a : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  // CHECK: nn.div %{{.*}}, %{{.*}} : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  %3 = nn.div %a, %a : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  return
}

// CHECK-LABEL: @broadcast
func.func @broadcast(%a: tensor<?x64x56x56xf32>, %gate: tensor<?x64x1x1xf32>, %channels: tensor<64x1x1xf32>, %one: tensor<1x1x1x1xf32>, %scalar: tensor<f32>) {
  // CHECK: nn.mul %{{.*}} : (tensor<?x64x56x56xf32>, tensor<?x64x1x1xf32>) -> tensor<?x64x56x56xf32>
  %0 = nn.mul %a, %gate : (tensor<?x64x56x56xf32>, tensor<?x64x1x1xf32>) -> tensor<?x64x56x56xf32>
  // CHECK: nn.add %{{.*}} : (tensor<64x1x1xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  %1 = nn.add %channels, %a : (tensor<64x1x1xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  // CHECK: nn.mul %{{.*}} : (tensor<?x64x56x56xf32>, tensor<1x1x1x1xf32>) -> tensor<?x64x56x56xf32>
  %2 = nn.mul %a, %one : (tensor<?x64x56x56xf32>, tensor<1x1x1x1xf32>) -> tensor<?x64x56x56xf32>
  // CHECK: nn.add %{{.*}} : (tensor<?x64x56x56xf32>, tensor<f32>) -> tensor<?x64x56x56xf32>
  %3 = nn.add %a, %scalar : (tensor<?x64x56x56xf32>, tensor<f32>) -> tensor<?x64x56x56xf32>
  return
}

// CHECK-LABEL: @both_ways
func.func @both_ways(%a: tensor<?x1x5xf64>, %b: tensor<?x7x1xf64>) -> tensor<?x7x5xf64> {
  %0 = nn.add %a, %b : (tensor<?x1x5xf64>, tensor<?x7x1xf64>) -> tensor<?x7x5xf64>
  return %0 : tensor<?x7x5xf64>
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @variable
func.func @variable() {
  // CHECK: %conv1.weight = nn.parameter "conv1.weight" : tensor<6x1x5x5xf32>
  %0 = nn.parameter "conv1.weight" : tensor<6x1x5x5xf32>
  // CHECK: %conv1.weight.variable = nn.variable %conv1.weight {place = 0 : i64} : (tensor<6x1x5x5xf32>) -> tensor<6x1x5x5xf32>
  %1 = nn.variable %0 {place = 0 : i64} : (tensor<6x1x5x5xf32>) -> tensor<6x1x5x5xf32>
  // CHECK: nn.variable {place = 640 : i64} : () -> tensor<6x1x5x5xf32>
  %2 = nn.variable {place = 640 : i64} : () -> tensor<6x1x5x5xf32>
  return
}

// CHECK-LABEL: @assign
func.func @assign(%gradient: tensor<6x1x5x5xf32>) {
  // CHECK: nn.assign %{{.*}} {place = 4096 : i64} : tensor<6x1x5x5xf32>
  nn.assign %gradient {place = 4096 : i64} : tensor<6x1x5x5xf32>
  return
}

// CHECK-LABEL: @backward
func.func @backward() {
  // CHECK: nn.backward
  nn.backward
  return
}

// CHECK-LABEL: @fill
func.func @fill() {
  // CHECK: nn.fill {value = 1.000000e+00 : f64} : () -> tensor<1xf32>
  %0 = nn.fill {value = 1.0 : f64} : () -> tensor<1xf32>
  return
}

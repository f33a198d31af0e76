// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// A parameter is printed under its own name.
// CHECK-LABEL: @folded
func.func @folded() {
  // CHECK: %conv1.weight = nn.parameter "conv1.weight" {init = "he"} : tensor<6x1x5x5xf32>
  %w = nn.parameter "conv1.weight" {init = "he"} : tensor<6x1x5x5xf32>
  // CHECK: %bn1.weight = nn.parameter "bn1.weight" {gain = 5.000000e-01 : f64} : tensor<6xf32>
  %gamma = nn.parameter "bn1.weight" {gain = 0.5} : tensor<6xf32>
  %beta = nn.parameter "bn1.bias" {init = "zeros"} : tensor<6xf32>
  %mean = nn.parameter "bn1.running_mean" : tensor<6xf32>
  %var = nn.parameter "bn1.running_var" {init = "ones"} : tensor<6xf32>
  // CHECK: nn.fold_scale %conv1.weight, %bn1.weight, %bn1.running_var {eps = 1.000000e-05 : f64} : (tensor<6x1x5x5xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6x1x5x5xf32>
  %0 = nn.fold_scale %w, %gamma, %var {eps = 1.0e-5} : (tensor<6x1x5x5xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6x1x5x5xf32>
  // CHECK: nn.fold_shift %bn1.weight, %bn1.bias, %bn1.running_mean, %bn1.running_var {eps = 1.000000e-05 : f64} :
  %1 = nn.fold_shift %gamma, %beta, %mean, %var {eps = 1.0e-5} : (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  // CHECK: nn.fold_shift %bn1.weight, %bn1.bias, %bn1.running_mean, %bn1.running_var, %{{.*}} {eps = 1.000000e-05 : f64} :
  %2 = nn.fold_shift %gamma, %beta, %mean, %var, %1 {eps = 1.0e-5} : (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @affine
func.func @affine(%0: tensor<?x6x14x14xf32>) {
  // CHECK: nn.affine %{{.*}} {offset = 1.000000e+00 : f64, scale = -1.000000e+00 : f64} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.affine %0 {scale = -1.0 : f64, offset = 1.0 : f64} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @power
func.func @power(%0: tensor<?x6x14x14xf32>) {
  // CHECK: nn.power %{{.*}} {exponent = 5.000000e-01 : f64} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.power %0 {exponent = 0.5 : f64} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @exp
func.func @exp(%0: tensor<?x6x14x14xf32>) {
  // CHECK: nn.exp %{{.*}} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.exp %0 : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @leaky_relu_grad
func.func @leaky_relu_grad(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x14x14xf32>) {
  // CHECK: nn.leaky_relu_grad %{{.*}}, %{{.*}} {negative_slope = 1.000000e-02 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.leaky_relu_grad %dy, %x {negative_slope = 0.01 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @elu_grad
func.func @elu_grad(%dy: tensor<?x6x14x14xf32>, %y: tensor<?x6x14x14xf32>) {
  // CHECK: nn.elu_grad %{{.*}}, %{{.*}} {alpha = 1.000000e+00 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.elu_grad %dy, %y {alpha = 1.0 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @clamp_grad
func.func @clamp_grad(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x14x14xf32>) {
  // CHECK: nn.clamp_grad %{{.*}}, %{{.*}} {max = 1.000000e+00 : f64, min = -1.000000e+00 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.clamp_grad %dy, %x {min = -1.0 : f64, max = 1.0 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @random_dropout
func.func @random_dropout(%0: tensor<?x6x14x14xf32>, %key: tensor<4xui32>) {
  // CHECK: nn.random_dropout %{{.*}}, %{{.*}} {p = 5.000000e-01 : f64, stream = 0 : i64} : (tensor<?x6x14x14xf32>, tensor<4xui32>) -> tensor<?x6x14x14xf32>
  %1 = nn.random_dropout %0, %key {p = 0.5 : f64, stream = 0 : i64} : (tensor<?x6x14x14xf32>, tensor<4xui32>) -> tensor<?x6x14x14xf32>
  return
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @binary_cross_entropy
func.func @binary_cross_entropy(%p: tensor<?x6x14x14xf32>, %t: tensor<?x6x14x14xf32>) {
  // CHECK: nn.binary_cross_entropy %{{.*}}, %{{.*}} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.binary_cross_entropy %p, %t : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @binary_cross_entropy_grad
func.func @binary_cross_entropy_grad(%dy: tensor<?x6x14x14xf32>, %p: tensor<?x6x14x14xf32>, %t: tensor<?x6x14x14xf32>) {
  // CHECK: nn.binary_cross_entropy_grad %{{.*}}, %{{.*}}, %{{.*}} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.binary_cross_entropy_grad %dy, %p, %t : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @nll_loss
func.func @nll_loss(%x: tensor<?x10xf32>, %t: tensor<?xi32>) {
  // CHECK: nn.nll_loss %{{.*}}, %{{.*}} {label_smoothing = 0.000000e+00 : f64, mean} : (tensor<?x10xf32>, tensor<?xi32>) -> tensor<1xf32>
  %1 = nn.nll_loss %x, %t {label_smoothing = 0.0 : f64, mean} : (tensor<?x10xf32>, tensor<?xi32>) -> tensor<1xf32>
  return
}

// CHECK-LABEL: @nll_loss_grad
func.func @nll_loss_grad(%dy: tensor<1xf32>, %x: tensor<?x10xf32>, %t: tensor<?xi32>) {
  // CHECK: nn.nll_loss_grad %{{.*}}, %{{.*}}, %{{.*}} {label_smoothing = 0.000000e+00 : f64, mean} : (tensor<1xf32>, tensor<?x10xf32>, tensor<?xi32>) -> tensor<?x10xf32>
  %1 = nn.nll_loss_grad %dy, %x, %t {label_smoothing = 0.0 : f64, mean} : (tensor<1xf32>, tensor<?x10xf32>, tensor<?xi32>) -> tensor<?x10xf32>
  return
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @batch_variance
func.func @batch_variance(%x: tensor<?x6x14x14xf32>, %mean: tensor<6xf32>) {
  // CHECK: nn.batch_variance %{{.*}}, %{{.*}} : (tensor<?x6x14x14xf32>, tensor<6xf32>) -> tensor<6xf32>
  %1 = nn.batch_variance %x, %mean : (tensor<?x6x14x14xf32>, tensor<6xf32>) -> tensor<6xf32>
  return
}

// CHECK-LABEL: @running_average
func.func @running_average(%running: tensor<6xf32>, %variance: tensor<6xf32>, %x: tensor<?x6x14x14xf32>) {
  // CHECK: nn.running_average %{{.*}}, %{{.*}}, %{{.*}} {momentum = 1.000000e-01 : f64, unbiased} : (tensor<6xf32>, tensor<6xf32>, tensor<?x6x14x14xf32>) -> tensor<6xf32>
  %1 = nn.running_average %running, %variance, %x {momentum = 0.1 : f64, unbiased} : (tensor<6xf32>, tensor<6xf32>, tensor<?x6x14x14xf32>) -> tensor<6xf32>
  return
}

// CHECK-LABEL: @batch_norm2d_grad_weight
func.func @batch_norm2d_grad_weight(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x14x14xf32>, %mean: tensor<6xf32>, %variance: tensor<6xf32>) {
  // CHECK: nn.batch_norm2d_grad_weight %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {eps = 1.000000e-05 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  %1 = nn.batch_norm2d_grad_weight %dy, %x, %mean, %variance {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return
}

// CHECK-LABEL: @batch_norm2d_grad_input
func.func @batch_norm2d_grad_input(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x14x14xf32>, %w: tensor<6xf32>, %mean: tensor<6xf32>, %variance: tensor<6xf32>, %dw: tensor<6xf32>, %db: tensor<6xf32>) {
  // CHECK: nn.batch_norm2d_grad_input %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {eps = 1.000000e-05 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.batch_norm2d_grad_input %dy, %x, %w, %mean, %variance, %dw, %db {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @batch_norm2d_scale
func.func @batch_norm2d_scale(%dy: tensor<?x6x14x14xf32>, %w: tensor<6xf32>, %variance: tensor<6xf32>) {
  // CHECK: nn.batch_norm2d_scale %{{.*}}, %{{.*}}, %{{.*}} {eps = 1.000000e-05 : f64} : (tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.batch_norm2d_scale %dy, %w, %variance {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @local_response_norm_grad
func.func @local_response_norm_grad(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x14x14xf32>) {
  // CHECK: nn.local_response_norm_grad %{{.*}}, %{{.*}} {alpha = 1.000000e-04 : f64, beta = 7.500000e-01 : f64, k = 1.000000e+00 : f64, size = 5 : i64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.local_response_norm_grad %dy, %x {size = 5 : i64, alpha = 1.0e-4 : f64, beta = 0.75 : f64, k = 1.0 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @batch_norm
func.func @batch_norm(%x: tensor<?x6x28x28xf32>, %v: tensor<?x6xf32>, %p: tensor<6xf32>) {
  // CHECK: nn.batch_norm2d %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : (tensor<?x6x28x28xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x28x28xf32>
  %0 = nn.batch_norm2d %x, %p, %p, %p, %p {eps = 1.0e-5, momentum = 0.1} : (tensor<?x6x28x28xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x28x28xf32>
  // CHECK: {eps = 1.000000e-03 : f64, momentum = 1.000000e-02 : f64}
  %1 = nn.batch_norm2d %v, %p, %p, %p, %p {eps = 1.0e-3, momentum = 0.01} : (tensor<?x6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  return
}

// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @concat
func.func @concat(%a: tensor<?x64x28x28xf32>, %b: tensor<?x32x28x28xf32>, %c: tensor<2x3x5xf64>) {
  // CHECK: nn.concat %{{.*}}, %{{.*}}, %{{.*}} : (tensor<?x64x28x28xf32>, tensor<?x32x28x28xf32>, tensor<?x64x28x28xf32>) -> tensor<?x160x28x28xf32>
  %0 = nn.concat %a, %b, %a {dim = 1} : (tensor<?x64x28x28xf32>, tensor<?x32x28x28xf32>, tensor<?x64x28x28xf32>) -> tensor<?x160x28x28xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} {dim = -1 : i64} : (tensor<2x3x5xf64>, tensor<2x3x5xf64>) -> tensor<2x3x10xf64>
  %1 = nn.concat %c, %c {dim = -1} : (tensor<2x3x5xf64>, tensor<2x3x5xf64>) -> tensor<2x3x10xf64>
  // CHECK: nn.concat %{{.*}} : (tensor<?x32x28x28xf32>) -> tensor<?x32x28x28xf32>
  %2 = nn.concat %b : (tensor<?x32x28x28xf32>) -> tensor<?x32x28x28xf32>
  return
}

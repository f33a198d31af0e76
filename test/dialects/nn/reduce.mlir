// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @reduce
func.func @reduce(%0: tensor<?x6x28x28xf32>) {
  // CHECK: nn.reduce %{{.*}} {dims = array<i64: 0, 2, 3>} : (tensor<?x6x28x28xf32>) -> tensor<6xf32>
  %1 = nn.reduce %0 {dims = array<i64: 0, 2, 3>} : (tensor<?x6x28x28xf32>) -> tensor<6xf32>
  // CHECK: nn.reduce %{{.*}} {dims = array<i64: 1>, keep, mean} : (tensor<?x6x28x28xf32>) -> tensor<?x1x28x28xf32>
  %2 = nn.reduce %0 {dims = array<i64: 1>, mean, keep} : (tensor<?x6x28x28xf32>) -> tensor<?x1x28x28xf32>
  return
}

// CHECK-LABEL: @expand
func.func @expand(%dy: tensor<6xf32>, %x: tensor<?x6x14x14xf32>) {
  // CHECK: nn.expand %{{.*}}, %{{.*}} {dims = array<i64: 0, 2, 3>, mean} : (tensor<6xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %1 = nn.expand %dy, %x {dims = array<i64: 0, 2, 3>, mean} : (tensor<6xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

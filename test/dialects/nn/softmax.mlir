// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @softmax
func.func @softmax(%x: tensor<?x10xf32>, %y: tensor<?x21x8x8xf32>) {
  // CHECK: nn.softmax %{{.*}} : (tensor<?x10xf32>) -> tensor<?x10xf32>
  %0 = nn.softmax %x : (tensor<?x10xf32>) -> tensor<?x10xf32>
  // CHECK: nn.log_softmax %{{.*}} : (tensor<?x21x8x8xf32>) -> tensor<?x21x8x8xf32>
  %1 = nn.log_softmax %y {dim = 1} : (tensor<?x21x8x8xf32>) -> tensor<?x21x8x8xf32>
  // CHECK: nn.softmax %{{.*}} {dim = -1 : i64}
  %2 = nn.softmax %y {dim = -1} : (tensor<?x21x8x8xf32>) -> tensor<?x21x8x8xf32>
  // CHECK: nn.log_softmax %{{.*}} {dim = 3 : i64}
  %3 = nn.log_softmax %y {dim = 3} : (tensor<?x21x8x8xf32>) -> tensor<?x21x8x8xf32>
  return
}

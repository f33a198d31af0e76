// RUN: %dlc-opt %s --nn-flatten-concat | FileCheck %s

// CHECK-LABEL: func.func @nested
// CHECK-NEXT: %[[Y:.*]] = nn.concat %arg0, %arg1, %arg0, %arg1, %arg1 :
// CHECK-NEXT: return %[[Y]]
func.func @nested(%a: tensor<?x2xf32> {nn.name = "a"}, %b: tensor<?x3xf32> {nn.name = "b"}) -> (tensor<?x13xf32> {nn.name = "y"}) {
  %0 = nn.concat %a, %b : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x5xf32>
  %1 = nn.concat %0, %a {dim = -1 : i64} : (tensor<?x5xf32>, tensor<?x2xf32>) -> tensor<?x7xf32>
  %2 = nn.concat %b, %b : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x6xf32>
  %3 = nn.concat %1, %2 : (tensor<?x7xf32>, tensor<?x6xf32>) -> tensor<?x13xf32>
  return %3 : tensor<?x13xf32>
}

// Another dimension, a second reader, and the same concat twice.
// CHECK-LABEL: func.func @kept
// CHECK: %[[A:.*]] = nn.concat %arg0, %arg0 {dim = 2 : i64}
// CHECK: %[[B:.*]] = nn.concat %[[A]], %[[A]] :
// CHECK: %[[C:.*]] = nn.concat %[[B]], %arg1
// CHECK: return %[[B]], %[[C]]
func.func @kept(%x: tensor<?x2x2xf32> {nn.name = "x"}, %y: tensor<?x4x4xf32> {nn.name = "y"}) -> (tensor<?x4x4xf32> {nn.name = "a"}, tensor<?x8x4xf32> {nn.name = "b"}) {
  %0 = nn.concat %x, %x {dim = 2 : i64} : (tensor<?x2x2xf32>, tensor<?x2x2xf32>) -> tensor<?x2x4xf32>
  %1 = nn.concat %0, %0 : (tensor<?x2x4xf32>, tensor<?x2x4xf32>) -> tensor<?x4x4xf32>
  %2 = nn.concat %1, %y : (tensor<?x4x4xf32>, tensor<?x4x4xf32>) -> tensor<?x8x4xf32>
  return %1, %2 : tensor<?x4x4xf32>, tensor<?x8x4xf32>
}

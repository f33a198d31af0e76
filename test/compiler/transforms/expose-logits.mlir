// RUN: %dlc-opt %s --nn-expose-logits | FileCheck %s

// Behind a flatten too, and for each result.
// CHECK-LABEL: func.func @heads
// CHECK-SAME: -> (tensor<?x4x1xf32> {nn.name = "prob"}, tensor<?x4xf32> {nn.name = "log"}, tensor<?x4x1xf32> {nn.name = "prob.logits"}, tensor<?x4xf32> {nn.name = "log.logits"})
// CHECK: %[[A:.*]] = nn.relu %arg0
// CHECK: nn.softmax %[[A]]
// CHECK: %[[F:.*]] = nn.flatten %[[A]]
// CHECK: %[[L:.*]] = nn.log_softmax %[[F]]
// CHECK: return %{{.*}}, %[[L]], %[[A]], %[[F]]
func.func @heads(%x: tensor<?x4x1xf32> {nn.name = "x"}) -> (tensor<?x4x1xf32> {nn.name = "prob"}, tensor<?x4xf32> {nn.name = "log"}) {
  %0 = nn.relu %x : (tensor<?x4x1xf32>) -> tensor<?x4x1xf32>
  %1 = nn.softmax %0 : (tensor<?x4x1xf32>) -> tensor<?x4x1xf32>
  %2 = nn.dropout %1 : (tensor<?x4x1xf32>) -> tensor<?x4x1xf32>
  %3 = nn.flatten %0 : (tensor<?x4x1xf32>) -> tensor<?x4xf32>
  %4 = nn.log_softmax %3 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %2, %4 : tensor<?x4x1xf32>, tensor<?x4xf32>
}

// Logits that are an input or a result already, and results that are no probabilities.
// CHECK-LABEL: func.func @kept
// CHECK-SAME: -> (tensor<?x4xf32> {nn.name = "a"}, tensor<?x4xf32> {nn.name = "b"}, tensor<?x4xf32> {nn.name = "c"})
func.func @kept(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "a"}, tensor<?x4xf32> {nn.name = "b"}, tensor<?x4xf32> {nn.name = "c"}) {
  %0 = nn.softmax %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = nn.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %2 = nn.softmax %1 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0, %1, %2 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// RUN: %dlc-opt %s --nn-drop-inference-identity | FileCheck %s

// Both in a row, in the middle.
// CHECK-LABEL: func.func @middle
// CHECK-NEXT: %[[X:.*]] = nn.relu %arg0
// CHECK-NEXT: %[[Y:.*]] = nn.tanh %[[X]]
// CHECK-NEXT: return %[[Y]]
func.func @middle(%x: tensor<?x8xf32> {nn.name = "x"}) -> (tensor<?x8xf32> {nn.name = "y"}) {
  %0 = nn.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = nn.dropout %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = nn.identity %1 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = nn.tanh %2 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// At the end, beside the value that it drops from.
// CHECK-LABEL: func.func @end
// CHECK-NEXT: %[[X:.*]] = nn.relu %arg0
// CHECK-NEXT: return %[[X]], %[[X]]
func.func @end(%x: tensor<?x8xf32> {nn.name = "x"}) -> (tensor<?x8xf32> {nn.name = "y"}, tensor<?x8xf32> {nn.name = "z"}) {
  %0 = nn.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = nn.dropout %0 {p = 0.2 : f64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}

// A network of nothing else is its input.
// CHECK-LABEL: func.func @nothing
// CHECK-NEXT: return %arg0
func.func @nothing(%x: tensor<?x8xf32> {nn.name = "x"}) -> (tensor<?x8xf32> {nn.name = "y"}) {
  %0 = nn.identity %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

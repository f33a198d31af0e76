// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @defaults
// CHECK-SAME: (%[[X:.*]]: tensor<?x6x14x14xf32>)
func.func @defaults(%x: tensor<?x6x14x14xf32>) {
  // CHECK: nn.relu %[[X]] : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  %0 = nn.relu %x : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.leaky_relu %[[X]] :
  %1 = nn.leaky_relu %x {negative_slope = 0.01} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.sigmoid %[[X]] :
  %2 = nn.sigmoid %x : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.tanh %[[X]] :
  %3 = nn.tanh %x : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.elu %[[X]] :
  %4 = nn.elu %x {alpha = 1.0} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.silu %[[X]] :
  %5 = nn.silu %x : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.softplus %[[X]] :
  %8 = nn.softplus %x : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.clamp %[[X]] {max = 6.000000e+00 : f64, min = 0.000000e+00 : f64} :
  %9 = nn.clamp %x {min = 0.0 : f64, max = 6.0 : f64} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.dropout %[[X]] :
  %6 = nn.dropout %x {p = 0.5} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  // CHECK: nn.identity %[[X]] :
  %7 = nn.identity %x : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// CHECK-LABEL: @values
func.func @values(%x: tensor<?x10xf64>) {
  // CHECK: nn.leaky_relu %{{.*}} {negative_slope = 2.000000e-01 : f64}
  %0 = nn.leaky_relu %x {negative_slope = 0.2} : (tensor<?x10xf64>) -> tensor<?x10xf64>
  // CHECK: nn.elu %{{.*}} {alpha = 5.000000e-01 : f64}
  %1 = nn.elu %x {alpha = 0.5} : (tensor<?x10xf64>) -> tensor<?x10xf64>
  // CHECK: nn.dropout %{{.*}} {p = 2.500000e-01 : f64}
  %2 = nn.dropout %x {p = 0.25} : (tensor<?x10xf64>) -> tensor<?x10xf64>
  return
}

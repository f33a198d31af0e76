// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @local_response_norm
func.func @local_response_norm(%x: tensor<?x96x55x55xf32>, %y: tensor<?x8x5xf32>) {
  // CHECK: nn.local_response_norm %{{.*}} {size = 5 : i64} : (tensor<?x96x55x55xf32>) -> tensor<?x96x55x55xf32>
  %0 = nn.local_response_norm %x {size = 5, alpha = 1.0e-4, beta = 0.75, k = 1.0} : (tensor<?x96x55x55xf32>) -> tensor<?x96x55x55xf32>
  // CHECK: {alpha = 5.000000e-01 : f64, beta = 5.000000e-01 : f64, k = 2.000000e+00 : f64, size = 3 : i64}
  %1 = nn.local_response_norm %y {size = 3, alpha = 0.5, beta = 0.5, k = 2.0} : (tensor<?x8x5xf32>) -> tensor<?x8x5xf32>
  return
}

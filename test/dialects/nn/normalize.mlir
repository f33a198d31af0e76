// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @normalize
func.func @normalize(%bytes: tensor<?x224x200x3xui8>, %floats: tensor<?x1x28x28xf32>, %signed: tensor<4x3x8x8xsi8>) {
  // CHECK: nn.normalize %{{.*}} {layout = "NHWC", mean = array<f64: 4.850000e-01, 4.560000e-01, 4.060000e-01>, std = array<f64: 2.290000e-01>} : (tensor<?x224x200x3xui8>) -> tensor<?x3x224x200xf32>
  %0 = nn.normalize %bytes {layout = "NHWC", mean = array<f64: 0.485, 0.456, 0.406>, std = array<f64: 0.229>} : (tensor<?x224x200x3xui8>) -> tensor<?x3x224x200xf32>
  // CHECK: nn.normalize %{{.*}} {mean = array<f64: 5.000000e-01>} : (tensor<?x1x28x28xf32>) -> tensor<?x1x28x28xf32>
  %1 = nn.normalize %floats {layout = "NCHW", mean = array<f64: 0.5>} : (tensor<?x1x28x28xf32>) -> tensor<?x1x28x28xf32>
  // CHECK: nn.normalize %{{.*}} : (tensor<4x3x8x8xsi8>) -> tensor<4x3x8x8xf32>
  %2 = nn.normalize %signed : (tensor<4x3x8x8xsi8>) -> tensor<4x3x8x8xf32>
  return
}

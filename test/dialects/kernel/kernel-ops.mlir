// A network as it stands before memory is planned, and after: kernels, launches, views, packed parameters.
// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: kernel.func private @conv_relu
// CHECK-SAME: (%[[X:.*]]: tensor<?x3x32x32xf32>, %[[W:.*]]: tensor<20x3x3x3xf32, #kernel.weights<direct, lanes = 16>>, %[[B:.*]]: tensor<20xf32, #kernel.weights<channels, lanes = 16>>) -> tensor<?x20x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
// CHECK-SAME: attributes {schedule = #kernel.direct_conv<tileX = 14, tileC = 2>}
kernel.func private @conv_relu(%x: tensor<?x3x32x32xf32>, %w: tensor<20x3x3x3xf32, #kernel.weights<direct, lanes = 16>>, %b: tensor<20xf32, #kernel.weights<channels, lanes = 16>>) -> tensor<?x20x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>> attributes {schedule = #kernel.direct_conv<tileX = 14, tileC = 2>} {
  // CHECK: %[[Y:.*]] = nn.conv2d %[[X]], %[[W]], %[[B]]
  %0 = nn.conv2d %x, %w, %b {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x3x32x32xf32>, tensor<20x3x3x3xf32, #kernel.weights<direct, lanes = 16>>, tensor<20xf32, #kernel.weights<channels, lanes = 16>>) -> tensor<?x20x32x32xf32>
  // CHECK: %[[Z:.*]] = nn.relu %[[Y]]
  %1 = nn.relu %0 : (tensor<?x20x32x32xf32>) -> tensor<?x20x32x32xf32>
  // CHECK: kernel.return %[[Z]] : tensor<?x20x32x32xf32>
  kernel.return %1 : tensor<?x20x32x32xf32>
}

// Two results, no schedule yet, visible elsewhere.
// CHECK-LABEL: kernel.func @two
// CHECK-SAME: -> (tensor<?x32xf32, #kernel.blocked<16>>, tensor<?x32xf32>)
kernel.func @two(%x: tensor<?x32xf32>) -> (tensor<?x32xf32, #kernel.blocked<16>>, tensor<?x32xf32>) {
  %0 = nn.tanh %x : (tensor<?x32xf32>) -> tensor<?x32xf32>
  kernel.return %0, %x : tensor<?x32xf32>, tensor<?x32xf32>
}

// CHECK-LABEL: func.func @net
func.func @net(%image: tensor<?x3x32x32xf32> {nn.name = "image"}) -> tensor<?x20x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>> {
  %w = nn.parameter "conv.weight" : tensor<20x3x3x3xf32>
  %b = nn.parameter "conv.bias" : tensor<20xf32>
  // CHECK: kernel.pack %conv.weight : tensor<20x3x3x3xf32> to tensor<20x3x3x3xf32, #kernel.weights<direct, lanes = 16>>
  %0 = kernel.pack %w : tensor<20x3x3x3xf32> to tensor<20x3x3x3xf32, #kernel.weights<direct, lanes = 16>>
  %1 = kernel.pack %b : tensor<20xf32> to tensor<20xf32, #kernel.weights<channels, lanes = 16>>
  // CHECK: kernel.launch @conv_relu(%{{.*}}, %{{.*}}, %{{.*}}) {storage = [#kernel.storage<arena, scaled = 128, item = 36992>]} :
  %2 = kernel.launch @conv_relu(%image, %0, %1) {storage = [#kernel.storage<arena, scaled = 128, item = 36992>]} : (tensor<?x3x32x32xf32>, tensor<20x3x3x3xf32, #kernel.weights<direct, lanes = 16>>, tensor<20xf32, #kernel.weights<channels, lanes = 16>>) -> tensor<?x20x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
  return %2 : tensor<?x20x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
}

// CHECK-LABEL: func.func @side_by_side
func.func @side_by_side(%a: tensor<?x32x8x8xf32, #kernel.blocked<16>>, %b: tensor<?x20x8x8xf32, #kernel.blocked<16>>, %c: tensor<?x5xf32>) {
  // CHECK: kernel.concat %{{.*}}, %{{.*}} : (tensor<?x32x8x8xf32, #kernel.blocked<16>>, tensor<?x20x8x8xf32, #kernel.blocked<16>>) -> tensor<?x52x8x8xf32, #kernel.blocked<16>>
  %0 = kernel.concat %a, %b : (tensor<?x32x8x8xf32, #kernel.blocked<16>>, tensor<?x20x8x8xf32, #kernel.blocked<16>>) -> tensor<?x52x8x8xf32, #kernel.blocked<16>>
  // CHECK: kernel.concat %{{.*}}, %{{.*}} : (tensor<?x5xf32>, tensor<?x5xf32>) -> tensor<?x10xf32>
  %1 = kernel.concat %c, %c : (tensor<?x5xf32>, tensor<?x5xf32>) -> tensor<?x10xf32>
  return
}

// CHECK-LABEL: func.func @views
func.func @views(%x: tensor<?x16x5x5xf32>, %y: tensor<?x32x1x1xf32, #kernel.blocked<16>>) {
  // CHECK: kernel.view %{{.*}} : tensor<?x16x5x5xf32> to tensor<?x400xf32>
  %0 = kernel.view %x : tensor<?x16x5x5xf32> to tensor<?x400xf32>
  // CHECK: kernel.view %{{.*}} : tensor<?x32x1x1xf32, #kernel.blocked<16>> to tensor<?x32xf32, #kernel.blocked<16>>
  %1 = kernel.view %y : tensor<?x32x1x1xf32, #kernel.blocked<16>> to tensor<?x32xf32, #kernel.blocked<16>>
  return
}

// Layouts, schedules and storage read back what they print; defaults are not printed.
// RUN: %dlc-opt %s | %dlc-opt | FileCheck %s
// RUN: %dlc-opt %s --emit-bytecode | %dlc-opt | FileCheck %s

// CHECK-LABEL: @layouts
// CHECK-SAME: tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 2, 3, 4]>>
// CHECK-SAME: tensor<?x64xf32, #kernel.blocked<8>>
// CHECK-SAME: tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>
// CHECK-SAME: tensor<64x1x3x3xf32, #kernel.weights<depthwise, lanes = 16>>
// CHECK-SAME: tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>
// CHECK-SAME: tensor<64xf32, #kernel.weights<channels, lanes = 16>>
func.func private @layouts(tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 2, 3, 4]>>, tensor<?x64xf32, #kernel.blocked<8>>, tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16, tile = 0>>, tensor<64x1x3x3xf32, #kernel.weights<depthwise, lanes = 16, inLanes = 1>>, tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>, tensor<64xf32, #kernel.weights<channels, lanes = 16>>)

// CHECK: attributes {a = #kernel.direct_conv<tileX = 14, tileC = 2>, b = #kernel.direct_conv<tileX = 6, tileC = 4, unrollK = 4, strips = 3, parallel = rows>
func.func private @schedules() attributes {a = #kernel.direct_conv<tileX = 14, tileC = 2, unrollK = 1, strips = 0, parallel = both>, b = #kernel.direct_conv<tileX = 6, tileC = 4, unrollK = 4, strips = 3, parallel = rows>}

// CHECK: attributes {a = #kernel.winograd<tile = 4, stripRows = 2, tileX = 6, tileC = 4>, b = #kernel.depthwise<tileX = 8, tileY = 2, parallel = none>, c = #kernel.dense<tileC = 4, tileN = 1>, d = #kernel.pointwise<lanes = 16, unroll = 2, parallel = blocks>}
func.func private @others() attributes {a = #kernel.winograd<tile = 4, stripRows = 2, tileX = 6, tileC = 4>, b = #kernel.depthwise<tileX = 8, tileY = 2, parallel = none>, c = #kernel.dense<tileC = 4, tileN = 1>, d = #kernel.pointwise<lanes = 16, unroll = 2, parallel = blocks>}

// CHECK: attributes {a = #kernel.grad_weight<tileC = 2, tileI = 8>, b = #kernel.grad_weight<tileC = 1, tileI = 8, tileK = 3, images = 4, chunks = 8, inside = outputs, parallel = none>}
func.func private @gradients() attributes {a = #kernel.grad_weight<tileC = 2, tileI = 8, images = 1>, b = #kernel.grad_weight<tileC = 1, tileI = 8, tileK = 3, images = 4, chunks = 8, inside = outputs, parallel = none>}

// CHECK: attributes {a = #kernel.storage<arena, scaled = 64, offset = 128, item = 16>, b = #kernel.storage<weights, offset = 64, item = 10>, c = #kernel.storage<input, item = 3>, d = #kernel.storage<output, index = 1, item = 3>}
func.func private @storage() attributes {a = #kernel.storage<arena, scaled = 64, offset = 128, item = 16>, b = #kernel.storage<weights, offset = 64, item = 10>, c = #kernel.storage<input, item = 3>, d = #kernel.storage<output, index = 1, item = 3>}

// The tuning of a kernel is found by its signature, which the test asks for first.
// RUN: %dlc-opt %s --kernel-apply-tuning=signatures -o %t.signed
// RUN: %python %S/Inputs/tune.py %s %t.signed > %t.mlir
// RUN: %dlc-opt %t.mlir --kernel-apply-tuning 2> %t.warnings | FileCheck %s
// RUN: FileCheck %s --check-prefix=WARN < %t.warnings
// RUN: %dlc-opt %t.mlir --kernel-apply-tuning=exact 2>&1 | FileCheck %s --check-prefix=EXACT

// Choices, by the names of kernels; tune.py puts their signatures into their place.
// TUNE: product = {schedule = #kernel.direct_conv<tileX = 6, tileC = 4, outer = rows>}
// TUNE: winograd = {schedule = #kernel.winograd<tile = 4, stripRows = 2, tileX = 14, tileC = 2>, weights = #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>}
// TUNE: stem = {schedule = #kernel.direct_conv<tileX = 14, tileC = 2>, split, weights = #kernel.weights<direct, lanes = 16>}
// TUNE: absent = {schedule = #kernel.pointwise<lanes = 8>}
// TUNE: registers = {schedule = #kernel.depthwise<tileX = 28, tileY = 8>}
// TUNE: foreign = {schedule = #kernel.dense<tileC = 1, tileN = 1>}
// TUNE: strange = {schedule = #kernel.pointwise<lanes = 16>, colour = "red"}

// CHECK-NOT: kernel.tuning
// EXACT: warning: the tuning of kernel 'winograd' does not fit it
// EXACT: kernel.weights<direct, lanes = 16, inLanes = 16>
// EXACT-NOT: kernel.weights<winograd
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {

// CHECK-LABEL: @product(
// CHECK-SAME: schedule = #kernel.direct_conv<tileX = 6, tileC = 4, outer = rows>
kernel.func private @product(%x: tensor<?x128x14x14xf32, #kernel.blocked<16>>, %w: tensor<256x128x1x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x256x14x14xf32, #kernel.blocked<16>>
    attributes {schedule = #kernel.direct_conv<tileX = 14, tileC = 2>} {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x128x14x14xf32, #kernel.blocked<16>>, tensor<256x128x1x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x256x14x14xf32>
  kernel.return %0 : tensor<?x256x14x14xf32>
}

// Another algorithm: the weights of all launches are packed for it.
// CHECK-LABEL: @winograd(
// CHECK-SAME: tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>
// CHECK-SAME: schedule = #kernel.winograd<tile = 4, stripRows = 2, tileX = 14, tileC = 2>
kernel.func private @winograd(%x: tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %w: tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
    attributes {schedule = #kernel.direct_conv<tileX = 14, tileC = 2>} {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x64x56x56xf32>
  kernel.return %0 : tensor<?x64x56x56xf32>
}

// The pool apart, over a tensor that no kernel needs a halo of.
// CHECK: kernel.func private @[[$HEAD:conv7x7_relu_0]](
// CHECK-SAME: -> tensor<?x64x112x112xf32, #kernel.blocked<16>>
// CHECK-SAME: schedule = #kernel.direct_conv<tileX = 14, tileC = 2>
// CHECK: kernel.func private @[[$TAIL:max_pool_0]](%{{.*}}: tensor<?x64x112x112xf32, #kernel.blocked<16>>)
// CHECK-SAME: -> tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
// CHECK-SAME: schedule = #kernel.pointwise<lanes = 16>
// CHECK-NOT: @stem(
kernel.func private @stem(%x: tensor<?x3x224x224xf32>, %w: tensor<64x3x7x7xf32, #kernel.weights<direct, lanes = 16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
    attributes {schedule = #kernel.direct_conv<tileX = 14, tileC = 2, strips = 4>} {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 7, 7>, stride = array<i64: 2, 2>, padding = array<i64: 3, 3, 3, 3>} : (tensor<?x3x224x224xf32>, tensor<64x3x7x7xf32, #kernel.weights<direct, lanes = 16>>) -> tensor<?x64x112x112xf32>
  %1 = nn.relu %0 : (tensor<?x64x112x112xf32>) -> tensor<?x64x112x112xf32>
  %2 = nn.max_pool2d %1 {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x112x112xf32>) -> tensor<?x64x56x56xf32>
  kernel.return %2 : tensor<?x64x56x56xf32>
}

// Nothing is known of it.
// CHECK-LABEL: @unknown(
// CHECK-SAME: schedule = #kernel.pointwise<lanes = 16>
kernel.func private @unknown(%x: tensor<?x7xf32>) -> tensor<?x7xf32> attributes {schedule = #kernel.pointwise<lanes = 16>} {
  %0 = nn.relu %x : (tensor<?x7xf32>) -> tensor<?x7xf32>
  kernel.return %0 : tensor<?x7xf32>
}

// A tile that no register file holds, a schedule of another family, and what is no choice.
// WARN-DAG: warning: the tuning of kernel 'registers' does not fit it: {schedule = #kernel.depthwise<tileX = 28, tileY = 8>}
// CHECK-LABEL: @registers(
// CHECK-SAME: schedule = #kernel.depthwise<tileX = 7, tileY = 2>
kernel.func private @registers(%x: tensor<?x64x28x28xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %w: tensor<64x1x3x3xf32, #kernel.weights<depthwise, lanes = 16>>) -> tensor<?x64x28x28xf32, #kernel.blocked<16>>
    attributes {schedule = #kernel.depthwise<tileX = 7, tileY = 2>} {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, groups = 64 : i64} : (tensor<?x64x28x28xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<64x1x3x3xf32, #kernel.weights<depthwise, lanes = 16>>) -> tensor<?x64x28x28xf32>
  kernel.return %0 : tensor<?x64x28x28xf32>
}

// WARN-DAG: warning: the tuning of kernel 'foreign' does not fit it
// CHECK-LABEL: @foreign(
// CHECK-SAME: schedule = #kernel.pointwise<lanes = 16>
kernel.func private @foreign(%x: tensor<?x9xf32>) -> tensor<?x9xf32> attributes {schedule = #kernel.pointwise<lanes = 16>} {
  %0 = nn.relu %x : (tensor<?x9xf32>) -> tensor<?x9xf32>
  kernel.return %0 : tensor<?x9xf32>
}

// WARN-DAG: warning: the tuning of kernel 'strange' does not fit it
// CHECK-LABEL: @strange(
// CHECK-SAME: schedule = #kernel.pointwise<lanes = 16>
kernel.func private @strange(%x: tensor<?x10xf32>) -> tensor<?x10xf32> attributes {schedule = #kernel.pointwise<lanes = 16>} {
  %0 = nn.relu %x : (tensor<?x10xf32>) -> tensor<?x10xf32>
  kernel.return %0 : tensor<?x10xf32>
}

// CHECK-LABEL: func.func @network(
func.func @network(%a: tensor<?x128x14x14xf32, #kernel.blocked<16>>, %b: tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %c: tensor<?x3x224x224xf32>) {
  %w = nn.parameter "w" : tensor<256x128x1x1xf32>
  %pw = kernel.pack %w : tensor<256x128x1x1xf32> to tensor<256x128x1x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>
  %0 = kernel.launch @product(%a, %pw) : (tensor<?x128x14x14xf32, #kernel.blocked<16>>, tensor<256x128x1x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x256x14x14xf32, #kernel.blocked<16>>
  // CHECK: %[[U:.*]] = nn.parameter "u"
  // CHECK: %[[PU:.*]] = kernel.pack %[[U]] {{.*}} to tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>
  // CHECK-NEXT: %[[B1:.*]] = kernel.launch @winograd(%{{.*}}, %[[PU]])
  // CHECK: %[[PV:.*]] = kernel.pack %{{.*}} to tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>
  // CHECK-NEXT: kernel.launch @winograd(%[[B1]], %[[PV]])
  %u = nn.parameter "u" : tensor<64x64x3x3xf32>
  %pu = kernel.pack %u : tensor<64x64x3x3xf32> to tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>
  %1 = kernel.launch @winograd(%b, %pu) : (tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
  %v = nn.parameter "v" : tensor<64x64x3x3xf32>
  %pv = kernel.pack %v : tensor<64x64x3x3xf32> to tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>
  %2 = kernel.launch @winograd(%1, %pv) : (tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
  // CHECK: %[[ROWS:.*]] = kernel.launch @[[$HEAD]](
  // CHECK-NEXT: kernel.launch @[[$TAIL]](%[[ROWS]])
  %s = nn.parameter "s" : tensor<64x3x7x7xf32>
  %ps = kernel.pack %s : tensor<64x3x7x7xf32> to tensor<64x3x7x7xf32, #kernel.weights<direct, lanes = 16>>
  %3 = kernel.launch @stem(%c, %ps) : (tensor<?x3x224x224xf32>, tensor<64x3x7x7xf32, #kernel.weights<direct, lanes = 16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
  return
}
}

// RUN: %dlc-opt %s --kernel-select-schedules=costs | FileCheck %s
// RUN: %dlc-opt %s --kernel-select-schedules=plain | FileCheck %s --check-prefix=PLAIN

// PLAIN-COUNT-8: schedule = #kernel.pointwise<lanes = 16>
// PLAIN: schedule = #kernel.pointwise<lanes = 8>
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {

// A matrix product over a plane without halo: 196 pixels in a line.
// CHECK-LABEL: @product(
// CHECK-SAME: kernel.cost = {{[0-9]+}} : i64, schedule = #kernel.direct_conv<tileX = 14, tileC = 2>
kernel.func private @product(%x: tensor<?x128x14x14xf32, #kernel.blocked<16>>, %w: tensor<256x128x1x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x256x14x14xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x128x14x14xf32, #kernel.blocked<16>>, tensor<256x128x1x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x256x14x14xf32>
  kernel.return %0 : tensor<?x256x14x14xf32>
}

// Rows of 7: two by two blocks of channels would leave registers idle.
// CHECK-LABEL: @narrow(
// CHECK-SAME: schedule = #kernel.direct_conv<tileX = 7, tileC = 3>
kernel.func private @narrow(%x: tensor<?x512x7x7xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %w: tensor<512x512x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x512x7x7xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x512x7x7xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<512x512x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x512x7x7xf32>
  kernel.return %0 : tensor<?x512x7x7xf32>
}

// Overlapping windows of a pool: rows in strips.
// CHECK-LABEL: @stem(
// CHECK-SAME: schedule = #kernel.direct_conv<tileX = 14, tileC = 2, strips = 4>
kernel.func private @stem(%x: tensor<?x3x224x224xf32>, %w: tensor<64x3x7x7xf32, #kernel.weights<direct, lanes = 16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 7, 7>, stride = array<i64: 2, 2>, padding = array<i64: 3, 3, 3, 3>} : (tensor<?x3x224x224xf32>, tensor<64x3x7x7xf32, #kernel.weights<direct, lanes = 16>>) -> tensor<?x64x112x112xf32>
  %1 = nn.max_pool2d %0 {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x112x112xf32>) -> tensor<?x64x56x56xf32>
  kernel.return %1 : tensor<?x64x56x56xf32>
}

// Transformed weights that fit the second cache: a row of tiles at a time.
// CHECK-LABEL: @winograd(
// CHECK-SAME: schedule = #kernel.winograd<tile = 4, stripRows = 1, tileX = 14, tileC = 2>
kernel.func private @winograd(%x: tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %w: tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>) -> tensor<?x64x56x56xf32>
  kernel.return %0 : tensor<?x64x56x56xf32>
}

// CHECK-LABEL: @depthwise(
// CHECK-SAME: schedule = #kernel.depthwise<tileX = 7, tileY = 2>
kernel.func private @depthwise(%x: tensor<?x1024x7x7xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %w: tensor<1024x1x3x3xf32, #kernel.weights<depthwise, lanes = 16>>) -> tensor<?x1024x7x7xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, groups = 1024 : i64} : (tensor<?x1024x7x7xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<1024x1x3x3xf32, #kernel.weights<depthwise, lanes = 16>>) -> tensor<?x1024x7x7xf32>
  kernel.return %0 : tensor<?x1024x7x7xf32>
}

// A window over the whole plane is a linear layer; little work stays on one thread.
// CHECK-LABEL: @dense(
// CHECK-SAME: schedule = #kernel.dense<tileC = 8, tileN = 1, parallel = none>
kernel.func private @dense(%x: tensor<?x16x5x5xf32, #kernel.blocked<16>>, %w: tensor<120x16x5x5xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x120x1x1xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 5, 5>} : (tensor<?x16x5x5xf32, #kernel.blocked<16>>, tensor<120x16x5x5xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x120x1x1xf32>
  kernel.return %0 : tensor<?x120x1x1xf32>
}

// Lanes over x: 4 rows by 6 channels.
// CHECK-LABEL: @rows(
// CHECK-SAME: schedule = #kernel.direct_conv<tileX = 4, tileC = 6, parallel = none>
kernel.func private @rows(%x: tensor<?x1x28x28xf32>, %w: tensor<6x1x5x5xf32>) -> tensor<?x6x24x24xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 5, 5>} : (tensor<?x1x28x28xf32>, tensor<6x1x5x5xf32>) -> tensor<?x6x24x24xf32>
  kernel.return %0 : tensor<?x6x24x24xf32>
}

// CHECK-LABEL: @elementwise(
// CHECK-SAME: schedule = #kernel.pointwise<lanes = 16>
kernel.func private @elementwise(%x: tensor<?x64x56x56xf32, #kernel.blocked<16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16>> {
  %0 = nn.relu %x : (tensor<?x64x56x56xf32, #kernel.blocked<16>>) -> tensor<?x64x56x56xf32>
  kernel.return %0 : tensor<?x64x56x56xf32>
}

// Of a batch of many items, as many to a strip as have 64 tiles.
// CHECK-LABEL: @winograd_batch(
// CHECK-SAME: schedule = #kernel.winograd<tile = 4, stripRows = 2, tileX = 8, tileC = 2, images = 16>
kernel.func private @winograd_batch(%x: tensor<?x256x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %w: tensor<256x256x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>) -> tensor<?x256x8x8xf32, #kernel.blocked<16>> attributes {items = 64 : i64} {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x256x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<256x256x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>) -> tensor<?x256x8x8xf32>
  kernel.return %0 : tensor<?x256x8x8xf32>
}

// Where a batch has many items, they share the weights.
// CHECK-LABEL: @batch(
// CHECK-SAME: schedule = #kernel.dense<tileC = 4, tileN = 6>
kernel.func private @batch(%x: tensor<?x4096xf32, #kernel.blocked<16>>, %w: tensor<4096x4096xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x4096xf32, #kernel.blocked<16>> attributes {items = 64 : i64} {
  %0 = nn.linear %x, %w : (tensor<?x4096xf32, #kernel.blocked<16>>, tensor<4096x4096xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x4096xf32>
  kernel.return %0 : tensor<?x4096xf32>
}

// The gradient of a weight: 16 sums; small planes four at a time.
// CHECK-LABEL: @grad_weight(
// CHECK-SAME: schedule = #kernel.grad_weight<tileC = 2, tileI = 8>
kernel.func private @grad_weight(%x: tensor<?x64x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %dy: tensor<?x64x32x32xf32, #kernel.blocked<16>>) -> tensor<64x64x3x3xf32> attributes {items = 64 : i64} {
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 3, 3>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x64x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<?x64x32x32xf32, #kernel.blocked<16>>) -> tensor<64x64x3x3xf32>
  kernel.return %0 : tensor<64x64x3x3xf32>
}

// CHECK-LABEL: @grad_weight_small(
// CHECK-SAME: schedule = #kernel.grad_weight<tileC = 2, tileI = 8, images = 4, inside = inputs>
kernel.func private @grad_weight_small(%x: tensor<?x256x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %dy: tensor<?x256x8x8xf32, #kernel.blocked<16>>) -> tensor<256x256x3x3xf32> attributes {items = 64 : i64} {
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 3, 3>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x256x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<?x256x8x8xf32, #kernel.blocked<16>>) -> tensor<256x256x3x3xf32>
  kernel.return %0 : tensor<256x256x3x3xf32>
}

// CHECK-LABEL: @grad_weight_strided(
// CHECK-SAME: schedule = #kernel.grad_weight<tileC = 2, tileI = 8, inside = outputs>
kernel.func private @grad_weight_strided(%x: tensor<?x64x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %dy: tensor<?x128x16x16xf32, #kernel.blocked<16>>) -> tensor<128x64x3x3xf32> attributes {items = 64 : i64} {
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x64x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<?x128x16x16xf32, #kernel.blocked<16>>) -> tensor<128x64x3x3xf32>
  kernel.return %0 : tensor<128x64x3x3xf32>
}

// With one block of channels alone, threads share the batch.
// CHECK-LABEL: @grad_weight_chunks(
// CHECK-SAME: schedule = #kernel.grad_weight<tileC = 1, tileI = 8, tileK = 3, chunks = 8>
kernel.func private @grad_weight_chunks(%x: tensor<?x16x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %dy: tensor<?x16x32x32xf32, #kernel.blocked<16>>) -> tensor<16x16x3x3xf32> attributes {items = 64 : i64} {
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 3, 3>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x16x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<?x16x32x32xf32, #kernel.blocked<16>>) -> tensor<16x16x3x3xf32>
  kernel.return %0 : tensor<16x16x3x3xf32>
}

// Lanes over x.
// CHECK-LABEL: @grad_weight_rows(
// CHECK-SAME: schedule = #kernel.grad_weight<tileC = 3, tileI = 1, tileK = 5
kernel.func private @grad_weight_rows(%x: tensor<?x1x28x28xf32>, %dy: tensor<?x6x24x24xf32>) -> tensor<6x1x5x5xf32> attributes {items = 64 : i64} {
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 5, 5>, stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x1x28x28xf32>, tensor<?x6x24x24xf32>) -> tensor<6x1x5x5xf32>
  kernel.return %0 : tensor<6x1x5x5xf32>
}

// A schedule that is there stays.
// CHECK-LABEL: @mine(
// CHECK-SAME: schedule = #kernel.pointwise<lanes = 8>
kernel.func private @mine(%x: tensor<?x8xf32>) -> tensor<?x8xf32> attributes {schedule = #kernel.pointwise<lanes = 8>} {
  %0 = nn.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  kernel.return %0 : tensor<?x8xf32>
}
}

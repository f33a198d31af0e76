// RUN: %dlc-opt %s --kernel-assign-layouts --kernel-select-schedules | FileCheck %s
// RUN: %dlc-opt %s --kernel-assign-layouts=plain --kernel-select-schedules=plain | FileCheck %s --check-prefix=PLAIN

// Kernels of a device: row-major, weights as they are, tiles where they multiply.
// PLAIN-COUNT-10: schedule = #kernel.gpu_elementwise<>
// PLAIN-NOT: gpu_tiled
// CHECK-NOT: kernel.pack
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64, device = "opencl"}} {

// Rows of 56: two tiles of 28 columns; seven rows by eight channels a thread.
// CHECK-LABEL: @conv(
// CHECK-SAME: schedule = #kernel.gpu_tiled<threadsX = 28, rows = 7, threadsC = 4, channels = 8, slab = 8>
kernel.func private @conv(%x: tensor<?x64x56x56xf32>, %w: tensor<64x64x3x3xf32>) -> tensor<?x64x56x56xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x56x56xf32>
  kernel.return %0 : tensor<?x64x56x56xf32>
}

// A matrix product over the plane's 196 pixels.
// CHECK-LABEL: @product(
// CHECK-SAME: schedule = #kernel.gpu_tiled<threadsX = 32, rows = 7, threadsC = 4, channels = 8, slab = 16>
kernel.func private @product(%x: tensor<?x128x14x14xf32>, %w: tensor<256x128x1x1xf32>) -> tensor<?x256x14x14xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x128x14x14xf32>, tensor<256x128x1x1xf32>) -> tensor<?x256x14x14xf32>
  kernel.return %0 : tensor<?x256x14x14xf32>
}

// A large window: smaller slabs, until all fits into shared memory.
// CHECK-LABEL: @stem(
// CHECK-SAME: schedule = #kernel.gpu_tiled<threadsX = 28, rows = 7, threadsC = 4, channels = 8, slab = 1>
kernel.func private @stem(%x: tensor<?x3x224x224xf32>, %w: tensor<64x3x7x7xf32>) -> tensor<?x64x112x112xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 7, 7>, stride = array<i64: 2, 2>, padding = array<i64: 3, 3, 3, 3>} : (tensor<?x3x224x224xf32>, tensor<64x3x7x7xf32>) -> tensor<?x64x112x112xf32>
  kernel.return %0 : tensor<?x64x112x112xf32>
}

// One item: threads share each output; many: a product over the items.
// CHECK-LABEL: @dense(
// CHECK-SAME: schedule = #kernel.gpu_dense<threads = 128, channels = 4>
kernel.func private @dense(%x: tensor<?x120xf32>, %w: tensor<84x120xf32>) -> tensor<?x84xf32> {
  %0 = nn.linear %x, %w : (tensor<?x120xf32>, tensor<84x120xf32>) -> tensor<?x84xf32>
  kernel.return %0 : tensor<?x84xf32>
}
// CHECK-LABEL: @dense_items(
// CHECK-SAME: schedule = #kernel.gpu_tiled<threadsX = 32, rows = 2, threadsC = 4, channels = 8, slab = 16>
kernel.func private @dense_items(%x: tensor<?x120xf32>, %w: tensor<84x120xf32>) -> tensor<?x84xf32> attributes {items = 64 : i64} {
  %0 = nn.linear %x, %w : (tensor<?x120xf32>, tensor<84x120xf32>) -> tensor<?x84xf32>
  kernel.return %0 : tensor<?x84xf32>
}

// CHECK-LABEL: @window(
// CHECK-SAME: schedule = #kernel.gpu_dense<threads = 128, channels = 4>
kernel.func private @window(%x: tensor<?x16x5x5xf32>, %w: tensor<120x16x5x5xf32>) -> tensor<?x120x1x1xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 5, 5>} : (tensor<?x16x5x5xf32>, tensor<120x16x5x5xf32>) -> tensor<?x120x1x1xf32>
  kernel.return %0 : tensor<?x120x1x1xf32>
}

// Groups share nothing: each result by itself.
// CHECK-LABEL: @depthwise(
// CHECK-SAME: schedule = #kernel.gpu_elementwise<>
kernel.func private @depthwise(%x: tensor<?x32x14x14xf32>, %w: tensor<32x1x3x3xf32>) -> tensor<?x32x14x14xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, groups = 32 : i64} : (tensor<?x32x14x14xf32>, tensor<32x1x3x3xf32>) -> tensor<?x32x14x14xf32>
  kernel.return %0 : tensor<?x32x14x14xf32>
}

// CHECK-LABEL: @pool(
// CHECK-SAME: schedule = #kernel.gpu_elementwise<>
kernel.func private @pool(%x: tensor<?x32x14x14xf32>) -> tensor<?x32x7x7xf32> {
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x32x14x14xf32>) -> tensor<?x32x7x7xf32>
  kernel.return %0 : tensor<?x32x7x7xf32>
}

// Gradients of weights: input channels are the columns, pixels or items are summed.
// CHECK-LABEL: @grad_weight(
// CHECK-SAME: schedule = #kernel.gpu_tiled<threadsX = 32, rows = 2, threadsC = 4, channels = 8, slab = 16>
kernel.func private @grad_weight(%x: tensor<?x64x32x32xf32>, %dy: tensor<?x64x32x32xf32>) -> tensor<64x64x3x3xf32> attributes {items = 64 : i64} {
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 3, 3>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x64x32x32xf32>, tensor<?x64x32x32xf32>) -> tensor<64x64x3x3xf32>
  kernel.return %0 : tensor<64x64x3x3xf32>
}
// CHECK-LABEL: @grad_linear(
// CHECK-SAME: schedule = #kernel.gpu_tiled<threadsX = 32, rows = 4, threadsC = 4, channels = 8, slab = 16>
kernel.func private @grad_linear(%x: tensor<?x120xf32>, %dy: tensor<?x84xf32>) -> tensor<84x120xf32> attributes {items = 64 : i64} {
  %0 = nn.linear_grad_weight %x, %dy : (tensor<?x120xf32>, tensor<?x84xf32>) -> tensor<84x120xf32>
  kernel.return %0 : tensor<84x120xf32>
}
}

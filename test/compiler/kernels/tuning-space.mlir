// What can be chosen for a kernel of each family of schedules.
// RUN: %dlc-opt %s --split-input-file --kernel-select-schedules --kernel-apply-tuning=spaces | FileCheck %s
// RUN: %dlc-opt %s --split-input-file --kernel-select-schedules "--kernel-apply-tuning=spaces exact" | FileCheck %s --check-prefix=EXACT
// RUN: %dlc-opt %s --split-input-file --kernel-select-schedules --kernel-apply-tuning=signatures | FileCheck %s --check-prefix=SIGNED
// EXACT-NOT: winograd
// EXACT: gpu_tiled
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {

// Winograd's transforms are other forms of the same kernel, and so is one without the pool; numbers end with the plane.
// The seeds are what the rules choose for each form.
// CHECK-LABEL: @conv(
// CHECK-SAME: form = "direct_conv, winograd 2, winograd 4, winograd 6, direct_conv without pool, winograd 2 without pool, winograd 4 without pool, winograd 6 without pool"
// CHECK-SAME: groupC = "1, 2, 3, 4, 5, 6, 8, 10"
// CHECK-SAME: outer = "rows, blocks"
// CHECK-SAME: parallel = "none, rows, both"
// CHECK-SAME: seeds = [{schedule = #kernel.direct_conv<tileX = 12, tileC = 2, strips = {{[0-9]+}}>, weights = #kernel.weights<direct,
// CHECK-SAME: {schedule = #kernel.winograd<tile = 2,
// CHECK-SAME: {schedule = #kernel.direct_conv<tileX = 12, tileC = 2>, split, weights = #kernel.weights<direct,
// CHECK-SAME: stripRows = "1, 2, 3, 4, 5, 6, 7, 8, 10, 12"
// CHECK-SAME: strips = "0, 1, 2, 4, 8"
// CHECK-SAME: tasks = "2, 4, 8, 16, 32, 64, 128"
// CHECK-SAME: tileC = "1, 2, 3, 4"
// CHECK-SAME: unrollK = "1, 2, 4, 8, 16"
kernel.func private @conv(%x: tensor<?x64x24x12xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %w: tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x64x12x6xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x24x12xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x64x24x12xf32>
  %1 = nn.max_pool2d %0 {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x64x24x12xf32>) -> tensor<?x64x12x6xf32>
  kernel.return %1 : tensor<?x64x12x6xf32>
}

// A matrix product over a line of pixels; 37 input channels are no whole blocks, so that steps of the sum cannot be unrolled.
// CHECK-LABEL: @product(
// CHECK-SAME: kernel.space = {form = "direct_conv", outer = "rows, blocks"
// CHECK-SAME: tileC = "1, 2, 3, 4", tileX = "1, 2, 3, 4, 5, 6, 7, 8, 9"}
kernel.func private @product(%x: tensor<?x37x3x3xf32, #kernel.blocked<16>>, %w: tensor<64x37x1x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x64x3x3xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x37x3x3xf32, #kernel.blocked<16>>, tensor<64x37x1x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x64x3x3xf32>
  kernel.return %0 : tensor<?x64x3x3xf32>
}

// Of 53 channels the last block holds 5: of its two half vectors one is saved. Tiles are still of whole blocks.
// CHECK-LABEL: @half(
// CHECK-SAME: kernel.space = {form = "direct_conv, direct_conv half"
// CHECK-SAME: seeds = [{schedule = #kernel.direct_conv<{{[^>]*}}>, weights = #kernel.weights<direct, lanes = 16, inLanes = 16>}, {schedule = #kernel.direct_conv<tileX = 6, tileC = 2>, weights = #kernel.weights<direct, lanes = 8, inLanes = 16>}]
// CHECK-SAME: tileC = "1, 2, 3, 4"
kernel.func private @half(%x: tensor<?x64x24x12xf32, #kernel.blocked<16>>, %w: tensor<53x64x3x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x53x22x12xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 1>} : (tensor<?x64x24x12xf32, #kernel.blocked<16>>, tensor<53x64x3x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x53x22x12xf32>
  kernel.return %0 : tensor<?x53x22x12xf32>
}

// The form is a matter of choice: the kernel is the same, with the same space.
// SIGNED: @half({{.*}}kernel.signature = "[[SIGNATURE:.*]]", schedule
// SIGNED: @halved({{.*}}kernel.signature = "[[SIGNATURE]]", schedule = #kernel.direct_conv<tileX = 6, tileC = 2>
// CHECK-LABEL: @halved(
// CHECK-SAME: kernel.space = {form = "direct_conv half, direct_conv"
kernel.func private @halved(%x: tensor<?x64x24x12xf32, #kernel.blocked<16>>, %w: tensor<53x64x3x1xf32, #kernel.weights<direct, lanes = 8, inLanes = 16>>) -> tensor<?x53x22x12xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 1>} : (tensor<?x64x24x12xf32, #kernel.blocked<16>>, tensor<53x64x3x1xf32, #kernel.weights<direct, lanes = 8, inLanes = 16>>) -> tensor<?x53x22x12xf32>
  kernel.return %0 : tensor<?x53x22x12xf32>
}

// With 58 channels nothing is.
// CHECK-LABEL: @whole(
// CHECK-SAME: kernel.space = {form = "direct_conv", outer
kernel.func private @whole(%x: tensor<?x64x24x12xf32, #kernel.blocked<16>>, %w: tensor<58x64x3x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x58x22x12xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 1>} : (tensor<?x64x24x12xf32, #kernel.blocked<16>>, tensor<58x64x3x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x58x22x12xf32>
  kernel.return %0 : tensor<?x58x22x12xf32>
}

// CHECK-LABEL: @depthwise(
// CHECK-SAME: kernel.space = {form = "depthwise", parallel = "none, both"
// CHECK-SAME: tileX = "1, 2, 3, 4, 5, 6, 7", tileY = "1, 2, 3, 4, 5, 6, 7"}
kernel.func private @depthwise(%x: tensor<?x1024x7x7xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %w: tensor<1024x1x3x3xf32, #kernel.weights<depthwise, lanes = 16>>) -> tensor<?x1024x7x7xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, groups = 1024 : i64} : (tensor<?x1024x7x7xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<1024x1x3x3xf32, #kernel.weights<depthwise, lanes = 16>>) -> tensor<?x1024x7x7xf32>
  kernel.return %0 : tensor<?x1024x7x7xf32>
}

// One item of the batch at a time.
// CHECK-LABEL: @dense(
// CHECK-SAME: kernel.space = {form = "dense", parallel = "none, blocks"
// CHECK-SAME: tileC = "1, 2, 3, 4, 5, 6, 7, 8", unrollK = "1, 2, 4, 8, 16"}
kernel.func private @dense(%x: tensor<?x16x5x5xf32, #kernel.blocked<16>>, %w: tensor<120x16x5x5xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x120x1x1xf32, #kernel.blocked<16>> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 5, 5>} : (tensor<?x16x5x5xf32, #kernel.blocked<16>>, tensor<120x16x5x5xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x120x1x1xf32>
  kernel.return %0 : tensor<?x120x1x1xf32>
}

// CHECK-LABEL: @gradient(
// CHECK-SAME: kernel.space = {chunks = "1, 2, 4, 8, 16", form = "grad_weight", images = "1, 2, 4, 8", inside = "none, inputs, outputs, all", parallel = "none, both"
// CHECK-SAME: tileC = "1, 2, 3, 4", tileI = "1, 2, 4, 8, 16", tileK = "1, 2, 3"}
kernel.func private @gradient(%x: tensor<?x64x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %g: tensor<?x64x32x32xf32, #kernel.blocked<16>>) -> tensor<64x64x3x3xf32> attributes {items = 64 : i64} {
  %0 = nn.conv2d_grad_weight %x, %g {kernel_size = array<i64: 3, 3>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x64x32x32xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, tensor<?x64x32x32xf32, #kernel.blocked<16>>) -> tensor<64x64x3x3xf32>
  kernel.return %0 : tensor<64x64x3x3xf32>
}

// CHECK-LABEL: @relu(
// CHECK-SAME: kernel.space = {form = "pointwise", lanes = "8, 16, 32", parallel = "none, both", seeds = [{schedule = #kernel.pointwise<lanes = 16, parallel = none>}], unroll = "1, 2, 4, 8"}
kernel.func private @relu(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = nn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
  kernel.return %0 : tensor<?x64xf32>
}
}

// -----

module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64, device = "opencl"}} {

// Columns of threads that cover rows of 56 in whole tiles, beside powers of two; or a thread for each result.
// CHECK-LABEL: @tiled(
// CHECK-SAME: channels = "1, 2, 4, 8, 16", form = "gpu_tiled, gpu_elementwise", rows = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14"
// CHECK-SAME: slab = "1, 2, 4, 8, 16, 32", threads = "32, 64, 128, 256, 512", threadsC = "1, 2, 4, 8, 16, 32", threadsX = "7, 8, 14, 16, 19, 28, 32, 56, 64"}
kernel.func private @tiled(%x: tensor<?x64x56x56xf32>, %w: tensor<64x64x3x3xf32>) -> tensor<?x64x56x56xf32> {
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x56x56xf32>
  kernel.return %0 : tensor<?x64x56x56xf32>
}

// CHECK-LABEL: @few(
// CHECK-SAME: channels = "1, 2, 4, 8, 16", form = "gpu_dense, gpu_elementwise"
// CHECK-SAME: threads = "32, 64, 128, 256, 512"}
kernel.func private @few(%x: tensor<?x400xf32>, %w: tensor<120x400xf32>) -> tensor<?x120xf32> {
  %0 = nn.linear %x, %w : (tensor<?x400xf32>, tensor<120x400xf32>) -> tensor<?x120xf32>
  kernel.return %0 : tensor<?x120xf32>
}

// CHECK-LABEL: @elements(
// CHECK-SAME: kernel.space = {form = "gpu_elementwise"
// CHECK-SAME: threads = "32, 64, 128, 256, 512"}
kernel.func private @elements(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = nn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
  kernel.return %0 : tensor<?x64xf32>
}
}

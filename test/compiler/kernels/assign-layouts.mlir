// RUN: %dlc-opt %s --kernel-fuse --kernel-assign-layouts --split-input-file | FileCheck %s
// RUN: %dlc-opt %s --kernel-fuse=exact --kernel-assign-layouts=exact --split-input-file | FileCheck %s --check-prefix=EXACT
// RUN: %dlc-opt %s --kernel-fuse --kernel-assign-layouts=plain --split-input-file | FileCheck %s --check-prefix=PLAIN

// A first layer reads rows; halos are what the convolutions that read a tensor
// want; weights are packed for the algorithm; outputs are row-major.
// CHECK-LABEL: kernel.func private @conv3x3_relu_0(
// CHECK-SAME: tensor<?x3x56x56xf32>, %{{.*}}: tensor<64x3x3x3xf32, #kernel.weights<direct, lanes = 16>>, %{{.*}}: tensor<64xf32, #kernel.weights<channels, lanes = 16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
// CHECK: nn.relu %{{.*}} : (tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
// CHECK-LABEL: kernel.func private @conv3x3_add_0(
// CHECK-SAME: tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>, %{{.*}}: tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16>>
// CHECK-LABEL: kernel.func private @conv1x1_0(
// CHECK-SAME: tensor<?x64x56x56xf32, #kernel.blocked<16>>, %{{.*}}: tensor<24x64x1x1xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x24x28x28xf32, #kernel.blocked<16>>
// CHECK-LABEL: kernel.func private @repack_0(
// CHECK-SAME: tensor<?x24x28x28xf32, #kernel.blocked<16>>) -> tensor<?x24x28x28xf32>
// CHECK-NEXT: nn.identity
// CHECK-LABEL: func.func @chain(
// CHECK: %[[W:.*]] = nn.parameter "w1"
// CHECK: %[[P:.*]] = kernel.pack %[[W]]
// CHECK: %[[X:.*]] = kernel.launch @conv3x3_relu_0(%arg0, %[[P]], %{{.*}}) {layers = "conv2d, relu"}
// CHECK: %[[Y:.*]] = kernel.launch @conv3x3_add_0(%[[X]], %{{.*}})
// CHECK: %[[Z:.*]] = kernel.launch @conv1x1_0(%[[Y]], %{{.*}})
// CHECK: %[[R:.*]] = kernel.launch @repack_0(%[[Z]]) {layers = "repack"}
// CHECK: return %[[R]] : tensor<?x24x28x28xf32>
// EXACT-NOT: winograd
// EXACT-LABEL: func.func @chain
// PLAIN-NOT: kernel.pack
// PLAIN-NOT: blocked
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {
  func.func @chain(%x: tensor<?x3x56x56xf32> {nn.name = "x"}) -> (tensor<?x24x28x28xf32> {nn.name = "y"}) {
    %w1 = nn.parameter "w1" : tensor<64x3x3x3xf32>
    %b1 = nn.parameter "b1" : tensor<64xf32>
    %w2 = nn.parameter "w2" : tensor<64x64x3x3xf32>
    %w3 = nn.parameter "w3" : tensor<24x64x1x1xf32>
    %0 = nn.conv2d %x, %w1, %b1 {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x3x56x56xf32>, tensor<64x3x3x3xf32>, tensor<64xf32>) -> tensor<?x64x56x56xf32>
    %1 = nn.relu %0 : (tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
    %2 = nn.conv2d %1, %w2 {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x56x56xf32>
    %3 = nn.add %1, %2 : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
    %4 = nn.conv2d %3, %w3 {kernel_size = array<i64: 1, 1>, stride = array<i64: 2, 2>} : (tensor<?x64x56x56xf32>, tensor<24x64x1x1xf32>) -> tensor<?x24x28x28xf32>
    return %4 : tensor<?x24x28x28xf32>
  }
}

// -----

// One kernel, launched with two layouts, is two; a weight that two launches share is packed once.
// CHECK-LABEL: kernel.func private @conv1x1_0(
// CHECK-SAME: #kernel.blocked<4, halo = [0, 1, 0, 2]>>
// CHECK-LABEL: kernel.func private @conv1x1_1(
// CHECK-SAME: tensor<?x8x6x6xf32, #kernel.blocked<4, halo = [0, 1, 0, 2]>>
// CHECK-LABEL: func.func @variants(
// CHECK-COUNT-1: kernel.pack %w :
// CHECK: %[[X:.*]] = kernel.launch @repack_0(%arg0)
// CHECK: %[[A:.*]] = kernel.launch @conv1x1_0(%[[X]], %[[W:.*]]) {
// CHECK: %[[B:.*]] = kernel.launch @conv1x1_1(%[[A]], %[[W]]) {
// CHECK: kernel.launch @conv3x3_0(%[[A]],
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "", vector_bytes = 16 : i64}} {
  func.func @variants(%x: tensor<?x8x6x6xf32> {nn.name = "x"}) -> (tensor<?x8x6x6xf32> {nn.name = "a"}, tensor<?x8x4x7xf32> {nn.name = "b"}) {
    %w = nn.parameter "w" : tensor<8x8x1x1xf32>
    %v = nn.parameter "v" : tensor<8x8x3x3xf32>
    %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x8x6x6xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x6x6xf32>
    %1 = nn.conv2d %0, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x8x6x6xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x6x6xf32>
    %2 = nn.conv2d %0, %v {kernel_size = array<i64: 3, 3>, padding = array<i64: 0, 1, 0, 2>} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x4x7xf32>
    return %1, %2 : tensor<?x8x6x6xf32>, tensor<?x8x4x7xf32>
  }
}

// -----

// Few filters over wide rows stay row-major, and the layer that reads them reads rows.
// Linear layers read and write blocks; what the network gives out is copied to rows.
// CHECK-LABEL: kernel.func private @conv5x5_tanh_max_pool_0(
// CHECK-SAME: tensor<?x1x28x28xf32>, %{{.*}}: tensor<6x1x5x5xf32>, %{{.*}}: tensor<6xf32>) -> tensor<?x6x14x14xf32>
// CHECK-LABEL: kernel.func private @conv5x5_0(
// CHECK-SAME: tensor<?x6x14x14xf32>, %{{.*}}: tensor<16x6x5x5xf32, #kernel.weights<direct, lanes = 16>>) -> tensor<?x16x10x10xf32, #kernel.blocked<16>>
// CHECK-LABEL: kernel.func private @linear_0(
// CHECK-SAME: tensor<?x16xf32, #kernel.blocked<16>>, %{{.*}}: tensor<20x16xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x20xf32, #kernel.blocked<16>>
// CHECK-LABEL: kernel.func private @linear_1(
// CHECK-SAME: tensor<?x20xf32, #kernel.blocked<16>>, %{{.*}}: tensor<10x20xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x10xf32, #kernel.blocked<16>>
// CHECK-LABEL: func.func @lenet(
// CHECK: %[[X:.*]] = kernel.launch @conv5x5_0(
// CHECK: %[[Y:.*]] = kernel.launch @global_avg_pool_0(%[[X]])
// CHECK: kernel.view %[[Y]] : tensor<?x16x1x1xf32, #kernel.blocked<16>> to tensor<?x16xf32, #kernel.blocked<16>>
// CHECK-NOT: repack
// CHECK: %[[Z:.*]] = kernel.launch @linear_1(
// CHECK-NEXT: %[[OUT:.*]] = kernel.launch @repack_0(%[[Z]])
// CHECK-NEXT: return %[[OUT]]
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {
  func.func @lenet(%x: tensor<?x1x28x28xf32> {nn.name = "x"}) -> (tensor<?x10xf32> {nn.name = "y"}) {
    %w1 = nn.parameter "w1" : tensor<6x1x5x5xf32>
    %b1 = nn.parameter "b1" : tensor<6xf32>
    %w2 = nn.parameter "w2" : tensor<16x6x5x5xf32>
    %w3 = nn.parameter "w3" : tensor<20x16xf32>
    %w4 = nn.parameter "w4" : tensor<10x20xf32>
    %0 = nn.conv2d %x, %w1, %b1 {kernel_size = array<i64: 5, 5>, padding = array<i64: 2, 2, 2, 2>} : (tensor<?x1x28x28xf32>, tensor<6x1x5x5xf32>, tensor<6xf32>) -> tensor<?x6x28x28xf32>
    %1 = nn.tanh %0 : (tensor<?x6x28x28xf32>) -> tensor<?x6x28x28xf32>
    %2 = nn.max_pool2d %1 {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x6x28x28xf32>) -> tensor<?x6x14x14xf32>
    %3 = nn.conv2d %2, %w2 {kernel_size = array<i64: 5, 5>} : (tensor<?x6x14x14xf32>, tensor<16x6x5x5xf32>) -> tensor<?x16x10x10xf32>
    %4 = nn.global_avg_pool2d %3 : (tensor<?x16x10x10xf32>) -> tensor<?x16x1x1xf32>
    %5 = nn.flatten %4 : (tensor<?x16x1x1xf32>) -> tensor<?x16xf32>
    %6 = nn.linear %5, %w3 : (tensor<?x16xf32>, tensor<20x16xf32>) -> tensor<?x20xf32>
    %7 = nn.linear %6, %w4 : (tensor<?x20xf32>, tensor<10x20xf32>) -> tensor<?x10xf32>
    return %7 : tensor<?x10xf32>
  }
}

// -----

// Depthwise weights; groups whose channels fill blocks, and groups that do not.
// CHECK-LABEL: func.func @groups(
// CHECK: kernel.pack %depthwise : tensor<32x1x3x3xf32> to tensor<32x1x3x3xf32, #kernel.weights<depthwise, lanes = 16>>
// CHECK: kernel.pack %aligned : tensor<64x16x3x3xf32> to tensor<64x16x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>
// CHECK: %[[R:.*]] = kernel.launch @repack_{{.*}} -> tensor<?x64x8x8xf32>
// CHECK: kernel.launch @conv3x3_2(%[[R]], %straddling) {{.*}} -> tensor<?x64x8x8xf32>
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {
  func.func @groups(%x: tensor<?x32x8x8xf32> {nn.name = "x"}) -> (tensor<?x64x8x8xf32> {nn.name = "y"}) {
    %depthwise = nn.parameter "depthwise" : tensor<32x1x3x3xf32>
    %aligned = nn.parameter "aligned" : tensor<64x16x3x3xf32>
    %straddling = nn.parameter "straddling" : tensor<64x8x3x3xf32>
    %0 = nn.conv2d %x, %depthwise {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, groups = 32 : i64} : (tensor<?x32x8x8xf32>, tensor<32x1x3x3xf32>) -> tensor<?x32x8x8xf32>
    %1 = nn.conv2d %0, %aligned {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, groups = 2 : i64} : (tensor<?x32x8x8xf32>, tensor<64x16x3x3xf32>) -> tensor<?x64x8x8xf32>
    %2 = nn.conv2d %1, %straddling {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, groups = 8 : i64} : (tensor<?x64x8x8xf32>, tensor<64x8x3x3xf32>) -> tensor<?x64x8x8xf32>
    return %2 : tensor<?x64x8x8xf32>
  }
}

// -----

// Parts of a concat share its halo; channels that fill no blocks are copied.
// CHECK-LABEL: func.func @concats(
// CHECK: %[[A:.*]] = kernel.launch @conv1x1_0({{.*}} -> tensor<?x16x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
// CHECK: %[[B:.*]] = kernel.launch @conv1x1_1({{.*}} -> tensor<?x24x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
// CHECK: %[[C:.*]] = kernel.concat %[[A]], %[[B]] : {{.*}} -> tensor<?x40x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
// CHECK: %[[D:.*]] = kernel.launch @conv3x3_0(%[[C]],
// CHECK: %[[E:.*]] = kernel.launch @concat_0(%[[C]], %[[D]]) {layers = "concat"} : {{.*}} -> tensor<?x56x8x8xf32, #kernel.blocked<16>>
// CHECK: kernel.launch @relu_0(%[[E]])
// PLAIN-LABEL: func.func @concats(
// PLAIN-COUNT-2: kernel.concat
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {
  func.func @concats(%x: tensor<?x3x8x8xf32> {nn.name = "x"}) -> (tensor<?x56x8x8xf32> {nn.name = "y"}) {
    %w1 = nn.parameter "w1" : tensor<16x3x1x1xf32>
    %w2 = nn.parameter "w2" : tensor<24x3x1x1xf32>
    %w3 = nn.parameter "w3" : tensor<16x40x3x3xf32>
    %0 = nn.conv2d %x, %w1 {kernel_size = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<16x3x1x1xf32>) -> tensor<?x16x8x8xf32>
    %1 = nn.conv2d %x, %w2 {kernel_size = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<24x3x1x1xf32>) -> tensor<?x24x8x8xf32>
    %2 = nn.concat %0, %1 : (tensor<?x16x8x8xf32>, tensor<?x24x8x8xf32>) -> tensor<?x40x8x8xf32>
    %3 = nn.conv2d %2, %w3 {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x40x8x8xf32>, tensor<16x40x3x3xf32>) -> tensor<?x16x8x8xf32>
    %4 = nn.concat %2, %3 : (tensor<?x40x8x8xf32>, tensor<?x16x8x8xf32>) -> tensor<?x56x8x8xf32>
    %5 = nn.relu %4 : (tensor<?x56x8x8xf32>) -> tensor<?x56x8x8xf32>
    return %5 : tensor<?x56x8x8xf32>
  }
}

// -----

// A view of blocks with more than a pixel, and of pad lanes, goes through rows.
// CHECK-LABEL: func.func @views(
// CHECK: %[[X:.*]] = kernel.launch @conv1x1_0(
// CHECK: %[[R:.*]] = kernel.launch @repack_0(%[[X]])
// CHECK: %[[V:.*]] = kernel.view %[[R]] : tensor<?x24x2x2xf32> to tensor<?x96xf32>
// CHECK: %[[P:.*]] = kernel.launch @global_avg_pool_0(%[[X]])
// CHECK: %[[Q:.*]] = kernel.launch @repack_1(%[[P]])
// CHECK: kernel.view %[[Q]] : tensor<?x24x1x1xf32> to tensor<?x4x6xf32>
// CHECK: return %[[V]],
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {
  func.func @views(%x: tensor<?x3x2x2xf32> {nn.name = "x"}) -> (tensor<?x96xf32> {nn.name = "y"}, tensor<?x4x6xf32> {nn.name = "z"}) {
    %w1 = nn.parameter "w1" : tensor<24x3x1x1xf32>
    %0 = nn.conv2d %x, %w1 {kernel_size = array<i64: 1, 1>} : (tensor<?x3x2x2xf32>, tensor<24x3x1x1xf32>) -> tensor<?x24x2x2xf32>
    %1 = nn.flatten %0 : (tensor<?x24x2x2xf32>) -> tensor<?x96xf32>
    %2 = nn.global_avg_pool2d %0 : (tensor<?x24x2x2xf32>) -> tensor<?x24x1x1xf32>
    %3 = nn.reshape %2 {shape = array<i64: -9223372036854775808, 4, 6>} : (tensor<?x24x1x1xf32>) -> tensor<?x4x6xf32>
    return %1, %3 : tensor<?x96xf32>, tensor<?x4x6xf32>
  }
}

// -----

// An empty network; a schedule that a kernel has already decides its algorithm.
// CHECK-LABEL: kernel.func private @mine(
// CHECK-SAME: #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 2>
// CHECK-SAME: schedule = #kernel.winograd<tile = 2,
// CHECK-LABEL: func.func @empty(
// CHECK: kernel.launch @mine(
// CHECK: return %arg0
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {
  kernel.func private @mine(%x: tensor<?x16x8x8xf32>, %w: tensor<16x16x3x3xf32>) -> tensor<?x16x6x6xf32>
      attributes {schedule = #kernel.winograd<tile = 2, stripRows = 1, tileX = 4, tileC = 1>} {
    %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x16x8x8xf32>, tensor<16x16x3x3xf32>) -> tensor<?x16x6x6xf32>
    kernel.return %0 : tensor<?x16x6x6xf32>
  }
  func.func @empty(%x: tensor<?x16x8x8xf32> {nn.name = "x"}) -> (tensor<?x16x8x8xf32> {nn.name = "same"}, tensor<?x16x6x6xf32> {nn.name = "y"}) {
    %w = nn.parameter "w" : tensor<16x16x3x3xf32>
    %0 = kernel.launch @mine(%x, %w) {layers = "mine"} : (tensor<?x16x8x8xf32>, tensor<16x16x3x3xf32>) -> tensor<?x16x6x6xf32>
    return %x, %0 : tensor<?x16x8x8xf32>, tensor<?x16x6x6xf32>
  }
}

// -----

// A weight that changes is packed by a kernel, a transposed one as it is transposed;
// with few output channels, lanes run over x, and the weight stays as it is.
// CHECK-LABEL: kernel.func private @transpose_weight_0(
// CHECK-SAME: tensor<64x64x3x3xf32>) -> tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>
// CHECK-LABEL: func.func @backward(
// CHECK: %[[W:.*]] = nn.variable
// CHECK: %[[P:.*]] = kernel.launch @pack_0(%[[W]])
// CHECK-SAME: -> tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 4>>
// CHECK: kernel.launch @conv3x3_0(%{{.*}}, %[[P]])
// CHECK: %[[T:.*]] = kernel.launch @transpose_weight_0(%[[W]])
// CHECK: %[[X:.*]] = kernel.launch @conv3x3_{{[0-9]}}(%{{.*}}, %[[T]])
// CHECK: %[[F:.*]] = kernel.launch @transpose_weight_1(%{{.*}}) {{.*}} -> tensor<6x64x3x3xf32>
// CHECK: %[[R:.*]] = kernel.launch @repack_{{[0-9]}}(%[[X]])
// CHECK: kernel.launch @conv3x3_{{[0-9]}}(%[[R]], %[[F]]) {{.*}} -> tensor<?x6x32x32xf32>
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "avx512f", vector_bytes = 64 : i64}} {
  func.func @backward(%x: tensor<?x64x32x32xf32> {nn.name = "x"}) -> (tensor<?x6x32x32xf32> {nn.name = "y"}) attributes {nn.role = "step"} {
    %0 = nn.variable {place = 0 : i64} : () -> tensor<64x64x3x3xf32>
    %1 = nn.variable {place = 147456 : i64} : () -> tensor<64x6x3x3xf32>
    %2 = nn.conv2d %x, %0 {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x32x32xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x32x32xf32>
    %3 = nn.transpose_weight %0 : (tensor<64x64x3x3xf32>) -> tensor<64x64x3x3xf32>
    %4 = nn.conv2d %2, %3 {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x32x32xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x32x32xf32>
    %5 = nn.transpose_weight %1 : (tensor<64x6x3x3xf32>) -> tensor<6x64x3x3xf32>
    %6 = nn.conv2d %4, %5 {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x32x32xf32>, tensor<6x64x3x3xf32>) -> tensor<?x6x32x32xf32>
    return %6 : tensor<?x6x32x32xf32>
  }
}

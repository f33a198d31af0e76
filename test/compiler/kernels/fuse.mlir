// RUN: %dlc-opt %s --kernel-fuse --split-input-file | FileCheck %s
// RUN: %dlc-opt %s --kernel-fuse=plain --split-input-file | FileCheck %s --check-prefix=PLAIN

// A convolution takes what follows it, up to the pool and beyond; activations
// come before parameters.
// CHECK-LABEL: kernel.func private @conv3x3_add_relu_max_pool_tanh_0(
// CHECK-SAME: %[[X:.*]]: tensor<?x16x8x8xf32>, %[[Y:.*]]: tensor<?x16x8x8xf32>, %[[W:.*]]: tensor<16x16x3x3xf32>, %[[B:.*]]: tensor<16xf32>) -> tensor<?x16x4x4xf32> {
// CHECK-NEXT: %[[C:.*]] = nn.conv2d %[[X]], %[[W]], %[[B]]
// CHECK-NEXT: %[[A:.*]] = nn.add %[[Y]], %[[C]]
// CHECK-NEXT: %[[R:.*]] = nn.relu %[[A]]
// CHECK-NEXT: %[[P:.*]] = nn.max_pool2d %[[R]]
// CHECK-NEXT: %[[T:.*]] = nn.tanh %[[P]]
// CHECK-NEXT: kernel.return %[[T]]
// CHECK: func.func @conv(%[[X:.*]]: tensor<?x16x8x8xf32> {nn.name = "x"}, %[[Y:.*]]: tensor<?x16x8x8xf32> {nn.name = "y"})
// CHECK: %[[R:.*]] = kernel.launch @conv3x3_add_relu_max_pool_tanh_0(%[[X]], %[[Y]], %{{.*}}, %{{.*}}) {layers = "conv1, add, relu1, max_pool2d, tanh"}
// CHECK-NEXT: return %[[R]]
// PLAIN-LABEL: func.func @conv(
// PLAIN-COUNT-5: kernel.launch
func.func @conv(%x: tensor<?x16x8x8xf32> {nn.name = "x"}, %y: tensor<?x16x8x8xf32> {nn.name = "y"}) -> (tensor<?x16x4x4xf32> {nn.name = "z"}) {
  %w = nn.parameter "w" : tensor<16x16x3x3xf32>
  %b = nn.parameter "b" : tensor<16xf32>
  %0 = nn.conv2d %x, %w, %b {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x16x8x8xf32>, tensor<16x16x3x3xf32>, tensor<16xf32>) -> tensor<?x16x8x8xf32> loc("conv1")
  %1 = nn.add %y, %0 : (tensor<?x16x8x8xf32>, tensor<?x16x8x8xf32>) -> tensor<?x16x8x8xf32>
  %2 = nn.relu %1 : (tensor<?x16x8x8xf32>) -> tensor<?x16x8x8xf32> loc("relu1")
  %3 = nn.max_pool2d %2 {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x16x8x8xf32>) -> tensor<?x16x4x4xf32>
  %4 = nn.tanh %3 : (tensor<?x16x4x4xf32>) -> tensor<?x16x4x4xf32>
  return %4 : tensor<?x16x4x4xf32>
}

// -----

// A sum whose other side is computed later: the launch stands where both are there.
// CHECK-LABEL: func.func @later(
// CHECK: %[[S:.*]] = kernel.launch @conv1x1_0(
// CHECK: kernel.launch @conv1x1_add_0(%arg0, %[[S]], %{{.*}})
func.func @later(%x: tensor<?x16x8x8xf32> {nn.name = "x"}) -> (tensor<?x16x8x8xf32> {nn.name = "z"}) {
  %w = nn.parameter "w" : tensor<16x16x1x1xf32>
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x16x8x8xf32>, tensor<16x16x1x1xf32>) -> tensor<?x16x8x8xf32>
  %1 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x16x8x8xf32>, tensor<16x16x1x1xf32>) -> tensor<?x16x8x8xf32>
  %2 = nn.add %0, %1 : (tensor<?x16x8x8xf32>, tensor<?x16x8x8xf32>) -> tensor<?x16x8x8xf32>
  return %2 : tensor<?x16x8x8xf32>
}

// -----

// The same kernel twice is one, over different operands; an attribute makes another.
// CHECK-LABEL: kernel.func private @linear_relu_0(
// CHECK-LABEL: kernel.func private @linear_leaky_relu_0(
// CHECK: {negative_slope = 2.000000e-01 : f64}
// CHECK-LABEL: kernel.func private @linear_leaky_relu_1(
// CHECK: {negative_slope = 1.000000e-01 : f64}
// CHECK-LABEL: func.func @alike(
// CHECK: %[[A:.*]] = kernel.launch @linear_relu_0(%arg0, %{{.*}})
// CHECK: %[[B:.*]] = kernel.launch @linear_relu_0(%[[A]], %{{.*}})
// CHECK: %[[C:.*]] = kernel.launch @linear_leaky_relu_0(%[[B]], %{{.*}})
// CHECK: kernel.launch @linear_leaky_relu_1(%[[C]], %{{.*}})
func.func @alike(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "z"}) {
  %w = nn.parameter "w" : tensor<4x4xf32>
  %v = nn.parameter "v" : tensor<4x4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = nn.relu %0 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %2 = nn.linear %1, %v : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %3 = nn.relu %2 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %4 = nn.linear %3, %v : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %5 = nn.leaky_relu %4 {negative_slope = 0.2 : f64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %6 = nn.linear %5, %v : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %7 = nn.leaky_relu %6 {negative_slope = 0.1 : f64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %7 : tensor<?x4xf32>
}

// -----

// What others read ends a kernel: an output, a second layer. A sum of a value
// with itself has one reader.
// CHECK-LABEL: func.func @readers(
// CHECK: %[[A:.*]] = kernel.launch @linear_0(%arg0
// CHECK: %[[B:.*]] = kernel.launch @relu_add_0(%[[A]])
// CHECK: %[[C:.*]] = kernel.launch @tanh_0(%[[B]])
// CHECK: %[[D:.*]] = kernel.launch @softmax_0(%[[B]])
// CHECK: return %[[A]], %[[C]], %[[D]]
func.func @readers(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "a"}, tensor<?x4xf32> {nn.name = "b"}, tensor<?x4xf32> {nn.name = "c"}) {
  %w = nn.parameter "w" : tensor<4x4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = nn.relu %0 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %2 = nn.add %1, %1 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %3 = nn.tanh %2 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %4 = nn.softmax %2 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0, %3, %4 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// Elementwise layers that fork and join again are one kernel with what they begin at.
// CHECK-LABEL: func.func @fork(
// CHECK: kernel.launch @linear_sigmoid_mul_relu_0(%arg0, %{{.*}})
// CHECK-NEXT: return
func.func @fork(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" : tensor<4x4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = nn.sigmoid %0 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %2 = nn.mul %0, %1 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %3 = nn.relu %2 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}

// -----

// A gate is computed by itself: its elements would be computed again for every pixel.
// CHECK-LABEL: func.func @gate(
// CHECK: %[[G:.*]] = kernel.launch @conv1x1_sigmoid_0(%arg1, %{{.*}})
// CHECK: kernel.launch @conv1x1_mul_0(%arg0, %[[G]], %{{.*}})
func.func @gate(%x: tensor<?x16x8x8xf32> {nn.name = "x"}, %g: tensor<?x16x1x1xf32> {nn.name = "g"}) -> (tensor<?x16x8x8xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" : tensor<16x16x1x1xf32>
  %0 = nn.conv2d %g, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x16x1x1xf32>, tensor<16x16x1x1xf32>) -> tensor<?x16x1x1xf32>
  %1 = nn.sigmoid %0 : (tensor<?x16x1x1xf32>) -> tensor<?x16x1x1xf32>
  %2 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x16x8x8xf32>, tensor<16x16x1x1xf32>) -> tensor<?x16x8x8xf32>
  %3 = nn.mul %2, %1 : (tensor<?x16x8x8xf32>, tensor<?x16x1x1xf32>) -> tensor<?x16x8x8xf32>
  return %3 : tensor<?x16x8x8xf32>
}

// -----

// Windows that overlap: worth it behind a first layer, but not where the
// convolution by itself can do with a quarter of the products, unless that is forbidden.
// RUN: %dlc-opt %s --kernel-fuse=exact --split-input-file | FileCheck %s --check-prefix=EXACT
// CHECK-LABEL: func.func @overlap(
// CHECK: kernel.launch @conv7x7_relu_max_pool_0(
// CHECK: kernel.launch @conv3x3_relu_0(
// CHECK: kernel.launch @max_pool_0(
// EXACT-LABEL: func.func @overlap(
// EXACT: kernel.launch @conv7x7_relu_max_pool_0(
// EXACT: kernel.launch @conv3x3_relu_max_pool_0(
func.func @overlap(%x: tensor<?x3x224x224xf32> {nn.name = "x"}) -> (tensor<?x192x28x28xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" : tensor<64x3x7x7xf32>
  %v = nn.parameter "v" : tensor<192x64x3x3xf32>
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 7, 7>, stride = array<i64: 2, 2>, padding = array<i64: 3, 3, 3, 3>} : (tensor<?x3x224x224xf32>, tensor<64x3x7x7xf32>) -> tensor<?x64x112x112xf32>
  %1 = nn.relu %0 : (tensor<?x64x112x112xf32>) -> tensor<?x64x112x112xf32>
  %2 = nn.max_pool2d %1 {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x112x112xf32>) -> tensor<?x64x56x56xf32>
  %3 = nn.conv2d %2, %v {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x64x56x56xf32>, tensor<192x64x3x3xf32>) -> tensor<?x192x56x56xf32>
  %4 = nn.relu %3 : (tensor<?x192x56x56xf32>) -> tensor<?x192x56x56xf32>
  %5 = nn.max_pool2d %4 {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x192x56x56xf32>) -> tensor<?x192x28x28xf32>
  return %5 : tensor<?x192x28x28xf32>
}

// -----

// Raw values are converted by their only reader. Two readers share the conversion.
// CHECK-LABEL: func.func @raw(
// CHECK: kernel.launch @normalize_conv3x3_0(%arg0, %{{.*}}) {{.*}} : (tensor<?x8x8x3xui8>,
// CHECK: %[[N:.*]] = kernel.launch @normalize_0(%arg1)
// CHECK: kernel.launch @conv3x3_0(%[[N]]
// CHECK: kernel.launch @conv3x3_0(%[[N]]
func.func @raw(%x: tensor<?x8x8x3xui8> {nn.name = "x"}, %y: tensor<?x8x8x3xui8> {nn.name = "y"}) -> (tensor<?x4x6x6xf32> {nn.name = "a"}, tensor<?x4x6x6xf32> {nn.name = "b"}, tensor<?x4x6x6xf32> {nn.name = "c"}) {
  %w = nn.parameter "w" : tensor<4x3x3x3xf32>
  %0 = nn.normalize %x {layout = "NHWC", mean = array<f64: 0.5>, std = array<f64: 0.5>} : (tensor<?x8x8x3xui8>) -> tensor<?x3x8x8xf32>
  %1 = nn.conv2d %0, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  %2 = nn.normalize %y {layout = "NHWC"} : (tensor<?x8x8x3xui8>) -> tensor<?x3x8x8xf32>
  %3 = nn.conv2d %2, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  %4 = nn.conv2d %2, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  return %1, %3, %4 : tensor<?x4x6x6xf32>, tensor<?x4x6x6xf32>, tensor<?x4x6x6xf32>
}

// -----

// Views and concats are no kernels; nor is what computes parameters. A network may be empty.
// CHECK-LABEL: func.func @outside(
// CHECK-NOT: kernel.launch
// CHECK: nn.reshape %{{.*}} : (tensor<4x4xf32>) -> tensor<4x2x2xf32>
// CHECK: nn.flatten
// CHECK: nn.concat
// CHECK: return %arg0
func.func @outside(%x: tensor<?x2x2xf32> {nn.name = "x"}) -> (tensor<?x2x2xf32> {nn.name = "x2"}, tensor<?x8xf32> {nn.name = "y"}, tensor<4x2x2xf32> {nn.name = "p"}) {
  %p = nn.parameter "p" : tensor<4x4xf32>
  %q = nn.reshape %p {shape = array<i64: 4, 2, 2>} : (tensor<4x4xf32>) -> tensor<4x2x2xf32>
  %0 = nn.flatten %x : (tensor<?x2x2xf32>) -> tensor<?x4xf32>
  %1 = nn.concat %0, %0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return %x, %1, %q : tensor<?x2x2xf32>, tensor<?x8xf32>, tensor<4x2x2xf32>
}

// -----

// A name that is taken already is left alone.
// CHECK: kernel.func private @relu_1(
// CHECK: func.func @relu_0(
func.func @relu_0(%x: tensor<?x2xf32> {nn.name = "x"}) -> (tensor<?x2xf32> {nn.name = "y"}) {
  %0 = nn.relu %x : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @conv2d_c1(%x: tensor<?x3x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects an input of rank 4 but got rank 3}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x8xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @conv2d_c2(%x: tensor<?x3x8x8xf32>, %w: tensor<4x1x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects input channels divisible by 2 groups but got 3}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, groups = 2} : (tensor<?x3x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @conv2d_c3(%x: tensor<?x4x8x8xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects output channels divisible by 2 groups but got 3}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, groups = 2} : (tensor<?x4x8x8xf32>, tensor<3x2x3x3xf32>) -> tensor<?x3x6x6xf32>
  return
}

// -----

func.func @conv2d_c4(%x: tensor<?x4x8x8xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects 3 input channels but got 4}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x4x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x6x6xf32>
  return
}

// -----

func.func @conv2d_c4(%x: tensor<?x3x8x8xf32>, %w: tensor<6x3x5x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects weight of shape [6, 3, 3, 3] but got [6, 3, 5, 3]}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x8x8xf32>, tensor<6x3x5x3xf32>) -> tensor<?x6x6x6xf32>
  return
}

// -----

func.func @conv2d_c4(%x: tensor<?x3x8x8xf32>, %w: tensor<6x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects a weight of rank 4 but got rank 2}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<6x3xf32>) -> tensor<?x6x8x8xf32>
  return
}

// -----

func.func @conv2d_c5(%x: tensor<?x3x8x8xf32>, %w: tensor<6x3x3x3xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects bias of shape [6] but got [3]}}
  %0 = nn.conv2d %x, %w, %b {kernel_size = array<i64: 3, 3>} : (tensor<?x3x8x8xf32>, tensor<6x3x3x3xf32>, tensor<3xf32>) -> tensor<?x6x6x6xf32>
  return
}

// -----

func.func @conv2d_c6(%x: tensor<?x3x8x4xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects a window no larger than the padded input but its width is 7 and that of the input 4 with padding 1 and 1}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, dilation = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x3x8x4xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x4x1xf32>
  return
}

// -----

func.func @result(%x: tensor<?x3x8x8xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects a result of type 'tensor<?x6x6x6xf32>' but got 'tensor<?x6x8x8xf32>'}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x8x8xf32>
  return
}

// -----

// A result never has an encoding.
func.func @encoded_result(%x: tensor<?x16x8x8xf32>, %w: tensor<16x16x1x1xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects a result of type 'tensor<?x16x8x8xf32>' but got 'tensor<?x16x8x8xf32, #kernel.blocked<16>>'}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x16x8x8xf32>, tensor<16x16x1x1xf32>) -> tensor<?x16x8x8xf32, #kernel.blocked<16>>
  return
}

// -----

func.func @element_types(%x: tensor<?x3x8x8xf32>, %w: tensor<6x3x3x3xf64>) {
  // expected-error@+1 {{'nn.conv2d' op expects operands of one element type but got 'f32' and 'f64'}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x8x8xf32>, tensor<6x3x3x3xf64>) -> tensor<?x6x6x6xf32>
  return
}

// -----

func.func @huge_padding(%x: tensor<?x3x8x8xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects padding of at most 2147483647 but got 9223372036854775807}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 0, 0, 9223372036854775807, 0>} : (tensor<?x3x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x6x6xf32>
  return
}

// -----

func.func @huge_result(%x: tensor<?x1x8x8xf32>, %w: tensor<1x1x1x1xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects the result to have less than 1099511627776 elements but got [?, 1, 2000000008, 2000000008]}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>, padding = array<i64: 1000000000, 1000000000, 1000000000, 1000000000>} : (tensor<?x1x8x8xf32>, tensor<1x1x1x1xf32>) -> tensor<?x1x8x8xf32>
  return
}

// -----

func.func @stride_of_zero(%x: tensor<?x3x8x8xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op attribute 'stride' failed to satisfy constraint}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, stride = array<i64: 0, 1>} : (tensor<?x3x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x6x6xf32>
  return
}

// -----

func.func @no_kernel_size(%x: tensor<?x3x8x8xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op requires attribute 'kernel_size'}}
  %0 = nn.conv2d %x, %w : (tensor<?x3x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x6x6xf32>
  return
}

// -----

func.func @open_plane(%x: tensor<?x3x?x8xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects static dimensions of input except for the batch but got [?, 3, ?, 8]}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x?x8xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x6x6xf32>
  return
}

// -----

func.func @open_weight(%x: tensor<?x3x8x8xf32>, %w: tensor<?x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects static dimensions of weight but got [?, 3, 3, 3]}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x8x8xf32>, tensor<?x3x3x3xf32>) -> tensor<?x6x6x6xf32>
  return
}

// -----

func.func @empty_plane(%x: tensor<?x3x0x8xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error@+1 {{'nn.conv2d' op expects dimensions of input between 1 and 2147483647 but got [?, 3, 0, 8]}}
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x3x0x8xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x6x6xf32>
  return
}

// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @transpose_weight_c1(%w: tensor<16x6x5x5xf32>) {
  // expected-error@+1 {{'nn.transpose_weight' op expects a weight of rank 4 whose groups are whole, or of rank 2 without groups, but got [16, 6, 5, 5] in 3 groups}}
  %0 = nn.transpose_weight %w {groups = 3 : i64} : (tensor<16x6x5x5xf32>) -> tensor<18x5x5x5xf32>
  return
}

// -----

func.func @transpose_weight_c1(%w: tensor<10x84xf32>) {
  // expected-error@+1 {{'nn.transpose_weight' op expects a weight of rank 4 whose groups are whole, or of rank 2 without groups, but got [10, 84] in 2 groups}}
  %0 = nn.transpose_weight %w {groups = 2 : i64} : (tensor<10x84xf32>) -> tensor<84x10xf32>
  return
}

// -----

func.func @transpose_weight_c2(%w: tensor<16x6x5x5xf32>) {
  // expected-error@+1 {{'nn.transpose_weight' op expects a result of shape [6, 16, 5, 5] but got [16, 6, 5, 5]}}
  %0 = nn.transpose_weight %w : (tensor<16x6x5x5xf32>) -> tensor<16x6x5x5xf32>
  return
}

// -----

func.func @transpose_weight_c2(%w: tensor<10x84xf32>) {
  // expected-error@+1 {{'nn.transpose_weight' op expects a result of shape [84, 10] but got [10, 84]}}
  %0 = nn.transpose_weight %w : (tensor<10x84xf32>) -> tensor<10x84xf32>
  return
}

// -----

func.func @dilate_c1(%x: tensor<?x6x7x7xf32>) {
  // expected-error@+1 {{'nn.dilate' op expects input and result of rank 4 with the same batch and channels}}
  %0 = nn.dilate %x {stride = array<i64: 2, 2>} : (tensor<?x6x7x7xf32>) -> tensor<?x7x13x13xf32>
  return
}

// -----

func.func @dilate_c2(%x: tensor<?x6x7x7xf32>) {
  // expected-error@+1 {{'nn.dilate' op expects a plane that holds all pixels but got [?, 6, 12, 13]}}
  %0 = nn.dilate %x {stride = array<i64: 2, 2>} : (tensor<?x6x7x7xf32>) -> tensor<?x6x12x13xf32>
  return
}

// -----

func.func @stride(%x: tensor<?x6x7x7xf32>) {
  // expected-error@+1 {{'nn.dilate' op expects stride of at least 1 but got 0}}
  %0 = nn.dilate %x {stride = array<i64: 0, 2>} : (tensor<?x6x7x7xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @conv2d_grad_weight_c1(%x: tensor<?x6x14x14xf32>, %dy: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.conv2d_grad_weight' op expects operands and result of rank 4}}
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 5, 5>, stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x6x14x14xf32>, tensor<?x10xf32>) -> tensor<16x6x5x5xf32>
  return
}

// -----

func.func @conv2d_grad_weight_c2(%x: tensor<?x6x14x14xf32>, %dy: tensor<?x16x10x10xf32>) {
  // expected-error@+1 {{'nn.conv2d_grad_weight' op expects a result of shape [16, 6, 5, 5] but got [16, 6, 3, 3]}}
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 5, 5>, stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x6x14x14xf32>, tensor<?x16x10x10xf32>) -> tensor<16x6x3x3xf32>
  return
}

// -----

func.func @conv2d_grad_weight_c3(%x: tensor<?x6x14x14xf32>, %dy: tensor<?x16x10x10xf32>) {
  // expected-error@+1 {{'nn.conv2d_grad_weight' op expects 2 values of stride but got 1}}
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 5, 5>, stride = array<i64: 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x6x14x14xf32>, tensor<?x16x10x10xf32>) -> tensor<16x6x5x5xf32>
  return
}

// -----

func.func @conv2d_grad_weight_c3(%x: tensor<?x6x14x14xf32>, %dy: tensor<?x16x10x10xf32>) {
  // expected-error@+1 {{'nn.conv2d_grad_weight' op expects dilation of at least 1 but got 0}}
  %0 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 5, 5>, stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 0>, groups = 1 : i64} : (tensor<?x6x14x14xf32>, tensor<?x16x10x10xf32>) -> tensor<16x6x5x5xf32>
  return
}

// -----

func.func @linear_grad_weight_c1(%x: tensor<?x7x84xf32>, %dy: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.linear_grad_weight' op expects input and gradient that agree in all dimensions but the last but got [?, 7, 84] and [?, 10]}}
  %0 = nn.linear_grad_weight %x, %dy : (tensor<?x7x84xf32>, tensor<?x10xf32>) -> tensor<10x84xf32>
  return
}

// -----

func.func @linear_grad_weight_c2(%x: tensor<?x84xf32>, %dy: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.linear_grad_weight' op expects a result of shape [10, 84] but got [84, 10]}}
  %0 = nn.linear_grad_weight %x, %dy : (tensor<?x84xf32>, tensor<?x10xf32>) -> tensor<84x10xf32>
  return
}

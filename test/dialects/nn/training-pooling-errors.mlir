// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @max_pool2d_argmax_c1(%x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.max_pool2d_argmax' op expects a result of ui8 with the input's batch and channels}}
  %0 = nn.max_pool2d_argmax %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x14x14xf32>) -> tensor<?x6x7x7xi32>
  return
}

// -----

func.func @max_pool2d_argmax_c1(%x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.max_pool2d_argmax' op expects a result of ui8 with the input's batch and channels}}
  %0 = nn.max_pool2d_argmax %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x14x14xf32>) -> tensor<?x3x7x7xui8>
  return
}

// -----

func.func @max_pool2d_argmax_c2(%x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.max_pool2d_argmax' op expects kernel_size of at least 1 but got 0}}
  %0 = nn.max_pool2d_argmax %x {kernel_size = array<i64: 0, 2>, stride = array<i64: 0, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x14x14xf32>) -> tensor<?x6x7x7xui8>
  return
}

// -----

func.func @max_pool2d_grad_c3(%dy: tensor<?x6x7x7xf32>, %argmax: tensor<?x6x7x7xui8>) {
  // expected-error@+1 {{'nn.max_pool2d_grad' op expects 4 values of padding but got 2}}
  %0 = nn.max_pool2d_grad %dy, %argmax {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x7x7xf32>, tensor<?x6x7x7xui8>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @avg_pool2d_grad_c2(%dy: tensor<?x6x7x7xf32>) {
  // expected-error@+1 {{'nn.avg_pool2d_grad' op expects stride of at least 1 but got -2}}
  %0 = nn.avg_pool2d_grad %dy {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, -2>, padding = array<i64: 0, 0, 0, 0>, count_include_pad = true} : (tensor<?x6x7x7xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @max_pool2d_grad_c1(%dy: tensor<?x6x7x7xf32>, %argmax: tensor<?x6x8x7xui8>) {
  // expected-error@+1 {{'nn.max_pool2d_grad' op expects a gradient and an argmax of the same shape}}
  %0 = nn.max_pool2d_grad %dy, %argmax {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x7x7xf32>, tensor<?x6x8x7xui8>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @max_pool2d_grad_c2(%dy: tensor<?x6x7x7xf32>, %argmax: tensor<?x6x7x7xui8>) {
  // expected-error@+1 {{'nn.max_pool2d_grad' op expects a result of the gradient's batch and channels}}
  %0 = nn.max_pool2d_grad %dy, %argmax {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x7x7xf32>, tensor<?x6x7x7xui8>) -> tensor<?x3x14x14xf32>
  return
}

// -----

func.func @avg_pool2d_grad_c1(%dy: tensor<?x6x7x7xf32>) {
  // expected-error@+1 {{'nn.avg_pool2d_grad' op expects a result of the gradient's batch and channels}}
  %0 = nn.avg_pool2d_grad %dy {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, count_include_pad = true} : (tensor<?x6x7x7xf32>) -> tensor<?x3x14x14xf32>
  return
}

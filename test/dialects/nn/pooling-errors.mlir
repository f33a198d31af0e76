// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @max_pool2d_c1(%x: tensor<?x6x28xf32>) {
  // expected-error@+1 {{'nn.max_pool2d' op expects an input of rank 4 but got rank 3}}
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x6x28xf32>) -> tensor<?x6x14xf32>
  return
}

// -----

func.func @max_pool2d_c2(%x: tensor<?x6x28x28xf32>) {
  // expected-error@+1 {{'nn.max_pool2d' op expects padding of at most half of the window, 1, but got 2}}
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 2>} : (tensor<?x6x28x28xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @max_pool2d_c3(%x: tensor<?x6x2x2xf32>) {
  // expected-error@+1 {{'nn.max_pool2d' op expects a window no larger than the padded input but its height is 3 and that of the input 2 with padding 0 and 0}}
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>} : (tensor<?x6x2x2xf32>) -> tensor<?x6x1x1xf32>
  return
}

// -----

func.func @avg_pool2d_c1(%x: tensor<?x6xf32>) {
  // expected-error@+1 {{'nn.avg_pool2d' op expects an input of rank 4 but got rank 2}}
  %0 = nn.avg_pool2d %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x6xf32>) -> tensor<?x6xf32>
  return
}

// -----

func.func @avg_pool2d_c2(%x: tensor<?x6x28x28xf32>) {
  // expected-error@+1 {{'nn.avg_pool2d' op expects padding of at most half of the window, 1, but got 3}}
  %0 = nn.avg_pool2d %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 3, 1, 1, 1>} : (tensor<?x6x28x28xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @avg_pool2d_c3(%x: tensor<?x6x28x2xf32>) {
  // expected-error@+1 {{'nn.avg_pool2d' op expects a window no larger than the padded input but its width is 5 and that of the input 2 with padding 0 and 0}}
  %0 = nn.avg_pool2d %x {kernel_size = array<i64: 5, 5>, stride = array<i64: 3, 3>, ceil_mode = true} : (tensor<?x6x28x2xf32>) -> tensor<?x6x9x1xf32>
  return
}

// -----

func.func @global_avg_pool2d_c1(%x: tensor<?x6xf32>) {
  // expected-error@+1 {{'nn.global_avg_pool2d' op expects an input of rank 4 but got rank 2}}
  %0 = nn.global_avg_pool2d %x : (tensor<?x6xf32>) -> tensor<?x6x1x1xf32>
  return
}

// -----

func.func @huge_window(%x: tensor<?x6x28x28xf32>) {
  // expected-error@+1 {{'nn.max_pool2d' op expects kernel_size of at most 2147483647 but got 4611686018427387904}}
  %0 = nn.max_pool2d %x {kernel_size = array<i64: 4611686018427387904, 1>, stride = array<i64: 2, 2>} : (tensor<?x6x28x28xf32>) -> tensor<?x6x14x14xf32>
  return
}

// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @flatten_c1(%x: tensor<?x16x5x5xf32>) {
  // expected-error@+1 {{'nn.flatten' op expects start_dim to be a dimension other than the batch but got 0}}
  %0 = nn.flatten %x {start_dim = 0} : (tensor<?x16x5x5xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @flatten_c1(%x: tensor<?x16x5x5xf32>) {
  // expected-error@+1 {{'nn.flatten' op expects start_dim not after end_dim but got 3 and 1}}
  %0 = nn.flatten %x {start_dim = 3, end_dim = 1} : (tensor<?x16x5x5xf32>) -> tensor<?x16x5x5xf32>
  return
}

// -----

func.func @flatten_c1(%x: tensor<?x16x5x5xf32>) {
  // expected-error@+1 {{'nn.flatten' op expects end_dim between -4 and 3 for an input of rank 4 but got 4}}
  %0 = nn.flatten %x {end_dim = 4} : (tensor<?x16x5x5xf32>) -> tensor<?x400xf32>
  return
}

// -----

func.func @flatten_too_long(%x: tensor<?x65536x65536xf32>) {
  // expected-error@+1 {{'nn.flatten' op expects dimensions of the result between 1 and 2147483647 but got [?, 4294967296]}}
  %0 = nn.flatten %x : (tensor<?x65536x65536xf32>) -> tensor<?x4294967296xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<?x16x5x5xf32>) {
  // expected-error@+1 {{'nn.reshape' op expects a shape that begins with the input's batch, [?], but got [1, 400]}}
  %0 = nn.reshape %x {shape = array<i64: 1, 400>} : (tensor<?x16x5x5xf32>) -> tensor<1x400xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<?x16x5x5xf32>) {
  // expected-error@+1 {{'nn.reshape' op expects a shape that begins with the input's batch, [?], but got []}}
  %0 = nn.reshape %x {shape = array<i64>} : (tensor<?x16x5x5xf32>) -> tensor<1x400xf32>
  return
}

// -----

func.func @reshape_c2(%x: tensor<2x16x5x5xf32>) {
  // expected-error@+1 {{'nn.reshape' op expects a shape of positive sizes, of which one may be -1, but got [2, -1, -1]}}
  %0 = nn.reshape %x {shape = array<i64: 2, -1, -1>} : (tensor<2x16x5x5xf32>) -> tensor<2x20x20xf32>
  return
}

// -----

func.func @reshape_c2(%x: tensor<2x16x5x5xf32>) {
  // expected-error@+1 {{'nn.reshape' op expects a shape of positive sizes, of which one may be -1, but got [2, 0]}}
  %0 = nn.reshape %x {shape = array<i64: 2, 0>} : (tensor<2x16x5x5xf32>) -> tensor<2x400xf32>
  return
}

// -----

func.func @reshape_c3(%x: tensor<?x16x5x5xf32>) {
  // expected-error@+1 {{'nn.reshape' op expects a shape of 400 elements per item but got [?, 20, 21]}}
  %0 = nn.reshape %x {shape = array<i64: -9223372036854775808, 20, 21>} : (tensor<?x16x5x5xf32>) -> tensor<?x20x21xf32>
  return
}

// -----

func.func @reshape_c3(%x: tensor<?x16x5x5xf32>) {
  // expected-error@+1 {{'nn.reshape' op expects a shape of 400 elements per item but got [?, 21, -1]}}
  %0 = nn.reshape %x {shape = array<i64: -9223372036854775808, 21, -1>} : (tensor<?x16x5x5xf32>) -> tensor<?x21x19xf32>
  return
}

// -----

func.func @reshape_overflow(%x: tensor<?x16x5x5xf32>) {
  // expected-error@+1 {{'nn.reshape' op expects a shape of 400 elements per item but got [?, 9223372036854775807, 9223372036854775807]}}
  %0 = nn.reshape %x {shape = array<i64: -9223372036854775808, 9223372036854775807, 9223372036854775807>} : (tensor<?x16x5x5xf32>) -> tensor<?x400xf32>
  return
}

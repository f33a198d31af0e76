// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @pad_c1(%x: tensor<?x3x32x32xf32>) {
  // expected-error@+1 {{'nn.pad' op expects an even number of values of padding but got 3}}
  %0 = nn.pad %x {padding = array<i64: 1, 2, 3>} : (tensor<?x3x32x32xf32>) -> tensor<?x3x32x35xf32>
  return
}

// -----

func.func @pad_c1(%x: tensor<?x3x32x32xf32>) {
  // expected-error@+1 {{'nn.pad' op expects padding of at most 6 values for an input of rank 4 but got 8}}
  %0 = nn.pad %x {padding = array<i64: 0, 0, 0, 0, 0, 0, 1, 1>} : (tensor<?x3x32x32xf32>) -> tensor<?x3x32x32xf32>
  return
}

// -----

func.func @pad_c2(%x: tensor<?x3x32x32xf32>) {
  // expected-error@+1 {{'nn.pad' op expects positive sizes of the result but dimension 2 is 0}}
  %0 = nn.pad %x {padding = array<i64: 0, 0, -16, -16>} : (tensor<?x3x32x32xf32>) -> tensor<?x3x32x32xf32>
  return
}

// -----

func.func @huge(%x: tensor<?x3x32x32xf32>) {
  // expected-error@+1 {{'nn.pad' op expects padding of at most 2147483647 but got 9223372036854775807}}
  %0 = nn.pad %x {padding = array<i64: 9223372036854775807, 9223372036854775807>} : (tensor<?x3x32x32xf32>) -> tensor<?x3x32x32xf32>
  return
}

// -----

func.func @huge(%x: tensor<?x3x32x32xf32>) {
  // expected-error@+1 {{'nn.pad' op expects padding of at least -2147483648 but got -9223372036854775808}}
  %0 = nn.pad %x {padding = array<i64: 0, -9223372036854775808>} : (tensor<?x3x32x32xf32>) -> tensor<?x3x32x32xf32>
  return
}

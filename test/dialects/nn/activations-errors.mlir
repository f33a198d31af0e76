// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @dropout_c1(%x: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.dropout' op expects p between 0 and 1 but got 1.5}}
  %0 = nn.dropout %x {p = 1.5} : (tensor<?x10xf32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @dropout_c1(%x: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.dropout' op expects p between 0 and 1 but got nan}}
  %0 = nn.dropout %x {p = 0x7FF8000000000000 : f64} : (tensor<?x10xf32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @shape(%x: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.relu' op expects a result of type 'tensor<?x10xf32>' but got 'tensor<?x11xf32>'}}
  %0 = nn.relu %x : (tensor<?x10xf32>) -> tensor<?x11xf32>
  return
}

// -----

func.func @element_type(%x: tensor<?x10xi32>) {
  // expected-error@+1 {{'nn.silu' op operand #0 must be ranked tensor of 32-bit float or 64-bit float values, but got 'tensor<?x10xi32>'}}
  %0 = nn.silu %x : (tensor<?x10xi32>) -> tensor<?x10xi32>
  return
}

// -----

func.func @batch_alone_is_open(%x: tensor<4x?xf32>) {
  // expected-error@+1 {{'nn.tanh' op expects static dimensions of input except for the batch but got [4, ?]}}
  %0 = nn.tanh %x : (tensor<4x?xf32>) -> tensor<4x?xf32>
  return
}

// -----

func.func @too_long(%x: tensor<?x2147483648xf32>) {
  // expected-error@+1 {{'nn.elu' op expects dimensions of input between 1 and 2147483647 but got [?, 2147483648]}}
  %0 = nn.elu %x : (tensor<?x2147483648xf32>) -> tensor<?x2147483648xf32>
  return
}

// -----

func.func @too_many(%x: tensor<?x2147483647x2147483647x2147483647xf32>) {
  // expected-error@+1 {{'nn.identity' op expects input to have less than 1099511627776 elements but got [?, 2147483647, 2147483647, 2147483647]}}
  %0 = nn.identity %x : (tensor<?x2147483647x2147483647x2147483647xf32>) -> tensor<?x2147483647x2147483647x2147483647xf32>
  return
}

// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @shapes(%x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.affine' op expects operands of the result's type 'tensor<?x6x7x7xf32>' but got 'tensor<?x6x14x14xf32>'}}
  %0 = nn.affine %x : (tensor<?x6x14x14xf32>) -> tensor<?x6x7x7xf32>
  return
}

// -----

func.func @shapes(%dy: tensor<?x6x7x7xf32>, %x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.leaky_relu_grad' op expects operands of the result's type 'tensor<?x6x14x14xf32>' but got 'tensor<?x6x7x7xf32>'}}
  %0 = nn.leaky_relu_grad %dy, %x {negative_slope = 0.0 : f64} : (tensor<?x6x7x7xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @random_dropout_c1(%x: tensor<?x6x14x14xf32>, %key: tensor<4xui32>) {
  // expected-error@+1 {{'nn.random_dropout' op expects a result like the input}}
  %0 = nn.random_dropout %x, %key {p = 0.5 : f64, stream = 0 : i64} : (tensor<?x6x14x14xf32>, tensor<4xui32>) -> tensor<?x6x7x7xf32>
  return
}

// -----

func.func @random_dropout_c2(%x: tensor<?x6x14x14xf32>, %key: tensor<4xui32>) {
  // expected-error@+1 {{'nn.random_dropout' op expects p between 0 and 1 but got 1.500000e+00}}
  %0 = nn.random_dropout %x, %key {p = 1.5 : f64, stream = 0 : i64} : (tensor<?x6x14x14xf32>, tensor<4xui32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @random_dropout_c3(%x: tensor<?x6x14x14xf32>, %key: tensor<2xui32>) {
  // expected-error@+1 {{'nn.random_dropout' op expects a key of shape [4] but got [2]}}
  %0 = nn.random_dropout %x, %key {p = 0.5 : f64, stream = 0 : i64} : (tensor<?x6x14x14xf32>, tensor<2xui32>) -> tensor<?x6x14x14xf32>
  return
}

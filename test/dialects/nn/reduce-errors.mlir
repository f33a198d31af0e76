// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @reduce_c1(%x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.reduce' op expects increasing dimensions of 'tensor<?x6x14x14xf32>'}}
  %0 = nn.reduce %x {dims = array<i64: 2, 0>} : (tensor<?x6x14x14xf32>) -> tensor<6x14xf32>
  return
}

// -----

func.func @reduce_c1(%x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.reduce' op expects increasing dimensions of 'tensor<?x6x14x14xf32>'}}
  %0 = nn.reduce %x {dims = array<i64: 4>} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @reduce_c2(%x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.reduce' op expects a reduced tensor of shape [6] but got [1, 6, 1, 1]}}
  %0 = nn.reduce %x {dims = array<i64: 0, 2, 3>} : (tensor<?x6x14x14xf32>) -> tensor<1x6x1x1xf32>
  return
}

// -----

func.func @expand_c1(%dy: tensor<6xf32>, %x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.expand' op expects a result like 'tensor<?x6x14x14xf32>' but got 'tensor<?x6x7x7xf32>'}}
  %0 = nn.expand %dy, %x {dims = array<i64: 0, 2, 3>} : (tensor<6xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x7x7xf32>
  return
}

// -----

func.func @expand_c2(%dy: tensor<6xf32>, %x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.expand' op expects a reduced tensor of shape [1, 6, 1, 1] but got [6]}}
  %0 = nn.expand %dy, %x {dims = array<i64: 0, 2, 3>, keep} : (tensor<6xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
  return
}

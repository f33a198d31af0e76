// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @shapes(%p: tensor<?x6x14x14xf32>, %t: tensor<?x6x7x7xf32>) {
  // expected-error@+1 {{'nn.binary_cross_entropy' op expects operands of the result's type 'tensor<?x6x14x14xf32>' but got 'tensor<?x6x7x7xf32>'}}
  %0 = nn.binary_cross_entropy %p, %t : (tensor<?x6x14x14xf32>, tensor<?x6x7x7xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @nll_loss_c1(%x: tensor<?xf32>, %t: tensor<?xi32>) {
  // expected-error@+1 {{'nn.nll_loss' op expects an input of rank 2 or more but got 'tensor<?xf32>'}}
  %0 = nn.nll_loss %x, %t {label_smoothing = 0.0 : f64, mean} : (tensor<?xf32>, tensor<?xi32>) -> tensor<1xf32>
  return
}

// -----

func.func @nll_loss_c1(%x: tensor<?x6x14x14xf32>, %t: tensor<?x6x14xi32>) {
  // expected-error@+1 {{'nn.nll_loss' op expects a target of shape [?, 14, 14] but got [?, 6, 14]}}
  %0 = nn.nll_loss %x, %t {label_smoothing = 0.0 : f64, mean} : (tensor<?x6x14x14xf32>, tensor<?x6x14xi32>) -> tensor<1xf32>
  return
}

// -----

func.func @nll_loss_c1(%x: tensor<?x10xf32>, %t: tensor<?xi32>, %w: tensor<6xf32>) {
  // expected-error@+1 {{'nn.nll_loss' op expects 10 class weights but got 'tensor<6xf32>'}}
  %0 = nn.nll_loss %x, %t, %w {label_smoothing = 0.0 : f64, mean} : (tensor<?x10xf32>, tensor<?xi32>, tensor<6xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @nll_loss_c2(%x: tensor<?x10xf32>, %t: tensor<?xi32>) {
  // expected-error@+1 {{'nn.nll_loss' op expects a result of shape [1] but got 'tensor<2xf32>'}}
  %0 = nn.nll_loss %x, %t {label_smoothing = 0.0 : f64, mean} : (tensor<?x10xf32>, tensor<?xi32>) -> tensor<2xf32>
  return
}

// -----

func.func @nll_loss_grad_c2(%dy: tensor<2xf32>, %x: tensor<?x10xf32>, %t: tensor<?xi32>) {
  // expected-error@+1 {{'nn.nll_loss_grad' op expects a gradient of shape [1] but got 'tensor<2xf32>'}}
  %0 = nn.nll_loss_grad %dy, %x, %t {label_smoothing = 0.0 : f64, mean} : (tensor<2xf32>, tensor<?x10xf32>, tensor<?xi32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @result(%dy: tensor<1xf32>, %x: tensor<?x10xf32>, %t: tensor<?xi32>) {
  // expected-error@+1 {{'nn.nll_loss_grad' op expects a result like the input but got 'tensor<?x6x14x14xf32>'}}
  %0 = nn.nll_loss_grad %dy, %x, %t {label_smoothing = 0.0 : f64, mean} : (tensor<1xf32>, tensor<?x10xf32>, tensor<?xi32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @nll_loss_grad_c1(%dy: tensor<1xf32>, %x: tensor<?x10xf32>, %t: tensor<?x10xi32>) {
  // expected-error@+1 {{'nn.nll_loss_grad' op expects a target of shape [?] but got [?, 10]}}
  %0 = nn.nll_loss_grad %dy, %x, %t {label_smoothing = 0.0 : f64, mean} : (tensor<1xf32>, tensor<?x10xf32>, tensor<?x10xi32>) -> tensor<?x10xf32>
  return
}

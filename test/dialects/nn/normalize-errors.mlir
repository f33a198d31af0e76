// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @normalize_c1(%x: tensor<?x28x28xui8>) {
  // expected-error@+1 {{'nn.normalize' op expects an input of rank 4 but got rank 3}}
  %0 = nn.normalize %x : (tensor<?x28x28xui8>) -> tensor<?x28x28xf32>
  return
}

// -----

func.func @normalize_c2(%x: tensor<?x28x28x1xui8>) {
  // expected-error@+1 {{'nn.normalize' op expects layout "NCHW" or "NHWC" but got "HWC"}}
  %0 = nn.normalize %x {layout = "HWC"} : (tensor<?x28x28x1xui8>) -> tensor<?x1x28x28xf32>
  return
}

// -----

func.func @normalize_c3(%x: tensor<?x28x28x3xui8>) {
  // expected-error@+1 {{'nn.normalize' op expects 0, 1 or 3 values of mean but got 2}}
  %0 = nn.normalize %x {layout = "NHWC", mean = array<f64: 0.0, 0.0>} : (tensor<?x28x28x3xui8>) -> tensor<?x3x28x28xf32>
  return
}

// -----

func.func @normalize_c4(%x: tensor<?x28x28x3xui8>) {
  // expected-error@+1 {{'nn.normalize' op expects values of std to be finite and not zero but got 0}}
  %0 = nn.normalize %x {layout = "NHWC", std = array<f64: 1.0, 0.0, 1.0>} : (tensor<?x28x28x3xui8>) -> tensor<?x3x28x28xf32>
  return
}

// -----

func.func @normalize_c4(%x: tensor<?x28x28x3xui8>) {
  // expected-error@+1 {{'nn.normalize' op expects values of mean to be finite but got INF}}
  %0 = nn.normalize %x {layout = "NHWC", mean = array<f64: 0x7FF0000000000000>} : (tensor<?x28x28x3xui8>) -> tensor<?x3x28x28xf32>
  return
}

// -----

func.func @type(%x: tensor<?x28x28x3xi8>) {
  // expected-error@+1 {{'nn.normalize' op operand #0 must be ranked tensor of 32-bit float or 8-bit unsigned integer or 8-bit signed integer values, but got 'tensor<?x28x28x3xi8>'}}
  %0 = nn.normalize %x : (tensor<?x28x28x3xi8>) -> tensor<?x28x28x3xf32>
  return
}

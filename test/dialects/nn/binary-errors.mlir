// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @add_c1(%a: tensor<?x64x56x56xf32>, %b: tensor<?x64x28x28xf32>) {
  // expected-error@+1 {{'nn.add' op expects shapes that broadcast but got [?, 64, 56, 56] and [?, 64, 28, 28]}}
  %0 = nn.add %a, %b : (tensor<?x64x56x56xf32>, tensor<?x64x28x28xf32>) -> tensor<?x64x56x56xf32>
  return
}

// -----

func.func @add_c2(%a: tensor<?x10xf32>, %b: tensor<4x10xf32>) {
  // expected-error@+1 {{'nn.add' op expects the batch to meet the batch, 1 or nothing but got [?, 10] and [4, 10]}}
  %0 = nn.add %a, %b : (tensor<?x10xf32>, tensor<4x10xf32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @mul_c2(%a: tensor<?x64xf32>, %b: tensor<?x64x1x1xf32>) {
  // expected-error@+1 {{'nn.mul' op expects the batch to meet the batch, 1 or nothing but got [?, 64] and [?, 64, 1, 1]}}
  %0 = nn.mul %a, %b : (tensor<?x64xf32>, tensor<?x64x1x1xf32>) -> tensor<?x64x64x64xf32>
  return
}

// -----

func.func @mul_c1(%a: tensor<?x64x8x8xf32>, %b: tensor<32x1x1xf32>) {
  // expected-error@+1 {{'nn.mul' op expects shapes that broadcast but got [?, 64, 8, 8] and [32, 1, 1]}}
  %0 = nn.mul %a, %b : (tensor<?x64x8x8xf32>, tensor<32x1x1xf32>) -> tensor<?x64x8x8xf32>
  return
}

// -----

// An input's batch would meet the other's rows.
func.func @mul_c2(%a: tensor<?x10xf32>, %b: tensor<4x1x10xf32>) {
  // expected-error@+1 {{'nn.mul' op expects the batch to meet the batch, 1 or nothing but got [?, 10] and [4, 1, 10]}}
  %0 = nn.mul %a, %b : (tensor<?x10xf32>, tensor<4x1x10xf32>) -> tensor<4x?x10xf32>
  return
}

// -----

func.func @element_types(%a: tensor<?x10xf32>, %b: tensor<?x10xf64>) {
  // expected-error@+1 {{'nn.mul' op expects operands of one element type but got 'f32' and 'f64'}}
  %0 = nn.mul %a, %b : (tensor<?x10xf32>, tensor<?x10xf64>) -> tensor<?x10xf32>
  return
}

// -----

func.func @sub_c1(%a: tensor<?x64x56x56xf32>, %b: tensor<?x64x28x28xf32>) {
  // expected-error@+1 {{'nn.sub' op expects shapes that broadcast but got [?, 64, 56, 56] and [?, 64, 28, 28]}}
  %0 = nn.sub %a, %b : (tensor<?x64x56x56xf32>, tensor<?x64x28x28xf32>) -> tensor<?x64x56x56xf32>
  return
}

// -----

func.func @sub_c2(%a: tensor<?x10xf32>, %b: tensor<4x10xf32>) {
  // expected-error@+1 {{'nn.sub' op expects the batch to meet the batch, 1 or nothing but got [?, 10] and [4, 10]}}
  %0 = nn.sub %a, %b : (tensor<?x10xf32>, tensor<4x10xf32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @div_c1(%a: tensor<?x64x56x56xf32>, %b: tensor<?x64x28x28xf32>) {
  // expected-error@+1 {{'nn.div' op expects shapes that broadcast but got [?, 64, 56, 56] and [?, 64, 28, 28]}}
  %0 = nn.div %a, %b : (tensor<?x64x56x56xf32>, tensor<?x64x28x28xf32>) -> tensor<?x64x56x56xf32>
  return
}

// -----

func.func @div_c2(%a: tensor<?x10xf32>, %b: tensor<4x10xf32>) {
  // expected-error@+1 {{'nn.div' op expects the batch to meet the batch, 1 or nothing but got [?, 10] and [4, 10]}}
  %0 = nn.div %a, %b : (tensor<?x10xf32>, tensor<4x10xf32>) -> tensor<?x10xf32>
  return
}

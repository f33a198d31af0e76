// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @concat_c1() {
  // expected-error@+1 {{'nn.concat' op expects at least one input}}
  %0 = "nn.concat"() : () -> tensor<?x1xf32>
  return
}

// -----

func.func @concat_c1(%a: tensor<?x3x4xf32>, %b: tensor<?x3xf32>) {
  // expected-error@+1 {{'nn.concat' op expects inputs of one rank but input 1 has rank 2 and input 0 rank 3}}
  %0 = nn.concat %a, %b : (tensor<?x3x4xf32>, tensor<?x3xf32>) -> tensor<?x6x4xf32>
  return
}

// -----

func.func @concat_c2(%a: tensor<2x3x4xf32>) {
  // expected-error@+1 {{'nn.concat' op expects dim to be a dimension other than the batch but got 0}}
  %0 = nn.concat %a, %a {dim = 0} : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<4x3x4xf32>
  return
}

// -----

func.func @concat_c2(%a: tensor<2x3x4xf32>) {
  // expected-error@+1 {{'nn.concat' op expects dim between -3 and 2 for an input of rank 3 but got 3}}
  %0 = nn.concat %a, %a {dim = 3} : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<4x3x4xf32>
  return
}

// -----

func.func @concat_c3(%a: tensor<?x3x4xf32>, %b: tensor<?x3x5xf32>) {
  // expected-error@+1 {{'nn.concat' op expects inputs that differ in dimension 1 alone but input 2 is [?, 3, 5] and input 0 [?, 3, 4]}}
  %0 = nn.concat %a, %a, %b : (tensor<?x3x4xf32>, tensor<?x3x4xf32>, tensor<?x3x5xf32>) -> tensor<?x9x4xf32>
  return
}

// -----

func.func @element_types(%a: tensor<?x3xf32>, %b: tensor<?x3xf64>) {
  // expected-error@+1 {{'nn.concat' op expects operands of one element type but got 'f32' and 'f64'}}
  %0 = nn.concat %a, %b : (tensor<?x3xf32>, tensor<?x3xf64>) -> tensor<?x6xf32>
  return
}

// -----

func.func @too_long(%a: tensor<?x2147483647xf32>) {
  // expected-error@+1 {{'nn.concat' op expects dimensions of the result between 1 and 2147483647 but got [?, 4294967294]}}
  %0 = nn.concat %a, %a : (tensor<?x2147483647xf32>, tensor<?x2147483647xf32>) -> tensor<?x4294967294xf32>
  return
}

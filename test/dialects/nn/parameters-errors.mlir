// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{'nn.parameter' op expects a name that is not empty}}
%parameter_c1 = nn.parameter "" : tensor<6xf32>

// -----

// expected-error@+1 {{'nn.parameter' op expects init "he", "xavier", "zeros" or "ones" but got "normal"}}
%parameter_c2 = nn.parameter "w" {init = "normal"} : tensor<6xf32>

// -----

// expected-error@+1 {{'nn.parameter' op expects static dimensions of the result but got [?, 6]}}
%parameter_c3 = nn.parameter "w" : tensor<?x6xf32>

// -----

// expected-error@+1 {{'nn.parameter' op expects a result without encoding but got 'tensor<32x6xf32, #kernel.blocked<16>>'}}
%parameter_c3 = nn.parameter "w" : tensor<32x6xf32, #kernel.blocked<16>>

// -----

// expected-error@+1 {{'nn.parameter' op expects gain to be finite and positive but got 0.000000e+00}}
%parameter_c4 = nn.parameter "w" {gain = 0.0 : f64} : tensor<6xf32>

// -----

// expected-error@+1 {{'nn.parameter' op expects gain to be finite and positive but got INF}}
%parameter_c4 = nn.parameter "w" {gain = 0x7FF0000000000000 : f64} : tensor<6xf32>

// -----

// expected-error@+1 {{'nn.parameter' op expects the result to have less than 1099511627776 elements but got [2147483647, 2147483647]}}
%too_large = nn.parameter "w" : tensor<2147483647x2147483647xf32>

// -----

%w = nn.parameter "w" : tensor<6x3xf32>
%g = nn.parameter "g" : tensor<3xf32>
// expected-error@+1 {{'nn.fold_scale' op expects statistics of shape [6] but got [3]}}
%fold_scale_c1 = nn.fold_scale %w, %g, %g {eps = 0.0} : (tensor<6x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<6x3xf32>

// -----

%w = nn.parameter "w" : tensor<f32>
// expected-error@+1 {{'nn.fold_scale' op expects a weight with a static first dimension but got 'tensor<f32>'}}
%fold_scale_c1 = nn.fold_scale %w, %w, %w {eps = 0.0} : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>

// -----

func.func @fold_scale_c2(%w: tensor<32x3xf32, #kernel.weights<direct, lanes = 16>>, %g: tensor<32xf32>) {
  // expected-error@+1 {{'nn.fold_scale' op expects operands without encoding but got 'tensor<32x3xf32, #kernel.weights<direct, lanes = 16>>'}}
  %0 = nn.fold_scale %w, %g, %g {eps = 0.0} : (tensor<32x3xf32, #kernel.weights<direct, lanes = 16>>, tensor<32xf32>, tensor<32xf32>) -> tensor<32x3xf32, #kernel.weights<direct, lanes = 16>>
  return
}

// -----

%g = nn.parameter "g" : tensor<6xf32>
%b = nn.parameter "b" : tensor<3xf32>
// expected-error@+1 {{'nn.fold_shift' op expects statistics of shape [6] but got [3]}}
%fold_shift_c1 = nn.fold_shift %g, %g, %g, %g, %b {eps = 0.0} : (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<3xf32>) -> tensor<6xf32>

// -----

%w = nn.parameter "w" : tensor<6x3xf32>
// expected-error@+1 {{'nn.fold_shift' op expects a static result of rank 1 but got 'tensor<6x3xf32>'}}
%fold_shift_c1 = nn.fold_shift %w, %w, %w, %w {eps = 0.0} : (tensor<6x3xf32>, tensor<6x3xf32>, tensor<6x3xf32>, tensor<6x3xf32>) -> tensor<6x3xf32>

// -----

func.func @fold_shift_c2(%b: tensor<32xf32, #kernel.weights<channels, lanes = 16>>, %g: tensor<32xf32>) {
  // expected-error@+1 {{'nn.fold_shift' op expects operands without encoding}}
  %0 = nn.fold_shift %g, %g, %g, %g, %b {eps = 0.0} : (tensor<32xf32>, tensor<32xf32>, tensor<32xf32>, tensor<32xf32>, tensor<32xf32, #kernel.weights<channels, lanes = 16>>) -> tensor<32xf32>
  return
}

// -----

// expected-error@+1 {{'nn.parameter' op expects 3 values but got 2}}
%parameter_c5 = nn.parameter "class weights" {values = array<f64: 1.0, 2.0>} : tensor<3xf32>

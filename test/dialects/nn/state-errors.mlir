// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @variable_c1() {
  // expected-error@+1 {{'nn.variable' op expects a place that is a multiple of 64 and not negative but got 32}}
  %0 = nn.variable {place = 32 : i64} : () -> tensor<6x1x5x5xf32>
  return
}

// -----

func.func @variable_c1() {
  // expected-error@+1 {{'nn.variable' op expects a place that is a multiple of 64 and not negative but got -64}}
  %0 = nn.variable {place = -64 : i64} : () -> tensor<6x1x5x5xf32>
  return
}

// -----

func.func @variable_c2() {
  // expected-error@+1 {{'nn.variable' op expects static dimensions but got 'tensor<?x6x14x14xf32>'}}
  %0 = nn.variable {place = 0 : i64} : () -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @variable_c2(%w: tensor<1x6x5x5xf32>) {
  // expected-error@+1 {{'nn.variable' op expects a result without encoding, of the type of its initial value, but got 'tensor<6x1x5x5xf32>'}}
  %0 = nn.variable %w {place = 0 : i64} : (tensor<1x6x5x5xf32>) -> tensor<6x1x5x5xf32>
  return
}

// -----

func.func @variable_c2() {
  // expected-error@+1 {{'nn.variable' op expects a result without encoding, of the type of its initial value, but got 'tensor<6x1x5x5xf32, #kernel.weights<direct, lanes = 16>>'}}
  %0 = nn.variable {place = 0 : i64} : () -> tensor<6x1x5x5xf32, #kernel.weights<direct, lanes = 16>>
  return
}

// -----

func.func @assign_c1(%v: tensor<6x1x5x5xf32>) {
  // expected-error@+1 {{'nn.assign' op expects a place that is a multiple of 64 and not negative but got 8}}
  nn.assign %v {place = 8 : i64} : tensor<6x1x5x5xf32>
  return
}

// -----

func.func @assign_c2(%v: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.assign' op expects static dimensions but got 'tensor<?x6x14x14xf32>'}}
  nn.assign %v {place = 0 : i64} : tensor<?x6x14x14xf32>
  return
}

// -----

func.func @fill_c1() {
  // expected-error@+1 {{'nn.fill' op expects static dimensions but got 'tensor<?x6x14x14xf32>'}}
  %0 = nn.fill {value = 0.0 : f64} : () -> tensor<?x6x14x14xf32>
  return
}

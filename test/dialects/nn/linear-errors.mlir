// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @linear_c1(%x: tensor<84xf32>, %w: tensor<10x84xf32>) {
  // expected-error@+1 {{'nn.linear' op expects an input of rank 2 or more but got rank 1}}
  %0 = nn.linear %x, %w : (tensor<84xf32>, tensor<10x84xf32>) -> tensor<10xf32>
  return
}

// -----

func.func @linear_c2(%x: tensor<?x84xf32>, %w: tensor<10x120xf32>) {
  // expected-error@+1 {{'nn.linear' op expects 120 input features but got 84}}
  %0 = nn.linear %x, %w : (tensor<?x84xf32>, tensor<10x120xf32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @linear_c2(%x: tensor<?x84xf32>, %w: tensor<84xf32>) {
  // expected-error@+1 {{'nn.linear' op expects a weight of rank 2 but got rank 1}}
  %0 = nn.linear %x, %w : (tensor<?x84xf32>, tensor<84xf32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @linear_c3(%x: tensor<?x84xf32>, %w: tensor<10x84xf32>, %b: tensor<84xf32>) {
  // expected-error@+1 {{'nn.linear' op expects bias of shape [10] but got [84]}}
  %0 = nn.linear %x, %w, %b : (tensor<?x84xf32>, tensor<10x84xf32>, tensor<84xf32>) -> tensor<?x10xf32>
  return
}

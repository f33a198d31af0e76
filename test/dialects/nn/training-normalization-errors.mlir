// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @batch_variance_c1(%x: tensor<?xf32>, %mean: tensor<6xf32>) {
  // expected-error@+1 {{'nn.batch_variance' op expects an input of rank 2 or more but got 'tensor<?xf32>'}}
  %0 = nn.batch_variance %x, %mean : (tensor<?xf32>, tensor<6xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @batch_variance_c1(%x: tensor<?x6x14x14xf32>, %mean: tensor<3xf32>) {
  // expected-error@+1 {{'nn.batch_variance' op expects a vector of 6 channels but got 'tensor<3xf32>'}}
  %0 = nn.batch_variance %x, %mean : (tensor<?x6x14x14xf32>, tensor<3xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @running_average_c1(%r: tensor<6xf32>, %b: tensor<3xf32>, %x: tensor<?x6x14x14xf32>) {
  // expected-error@+1 {{'nn.running_average' op expects a vector of 6 channels but got 'tensor<3xf32>'}}
  %0 = nn.running_average %r, %b, %x {momentum = 0.1 : f64} : (tensor<6xf32>, tensor<3xf32>, tensor<?x6x14x14xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @batch_norm2d_grad_weight_c1(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x7x7xf32>, %m: tensor<6xf32>, %v: tensor<6xf32>) {
  // expected-error@+1 {{'nn.batch_norm2d_grad_weight' op expects tensors of one shape but got 'tensor<?x6x14x14xf32>' and 'tensor<?x6x7x7xf32>'}}
  %0 = nn.batch_norm2d_grad_weight %dy, %x, %m, %v {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x7x7xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @batch_norm2d_grad_weight_c2(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x14x14xf32>, %m: tensor<6xf32>, %v: tensor<6xf32>) {
  // expected-error@+1 {{'nn.batch_norm2d_grad_weight' op expects a vector of 6 channels but got 'tensor<3xf32>'}}
  %0 = nn.batch_norm2d_grad_weight %dy, %x, %m, %v {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @batch_norm2d_grad_input_c1(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x14x14xf32>, %w: tensor<6xf32>, %m: tensor<6xf32>, %v: tensor<6xf32>, %dw: tensor<6xf32>, %db: tensor<6xf32>) {
  // expected-error@+1 {{'nn.batch_norm2d_grad_input' op expects tensors of one shape but got 'tensor<?x6x14x14xf32>' and 'tensor<?x6x7x7xf32>'}}
  %0 = nn.batch_norm2d_grad_input %dy, %x, %w, %m, %v, %dw, %db {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x7x7xf32>
  return
}

// -----

func.func @batch_norm2d_grad_input_c2(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x14x14xf32>, %w: tensor<6xf32>, %m: tensor<6xf32>, %v: tensor<6xf32>, %dw: tensor<6xf32>, %db: tensor<3xf32>) {
  // expected-error@+1 {{'nn.batch_norm2d_grad_input' op expects a vector of 6 channels but got 'tensor<3xf32>'}}
  %0 = nn.batch_norm2d_grad_input %dy, %x, %w, %m, %v, %dw, %db {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<3xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @batch_norm2d_scale_c1(%dy: tensor<?x6x14x14xf32>, %w: tensor<6xf32>, %v: tensor<6xf32>) {
  // expected-error@+1 {{'nn.batch_norm2d_scale' op expects tensors of one shape but got 'tensor<?x6x14x14xf32>' and 'tensor<?x6x7x7xf32>'}}
  %0 = nn.batch_norm2d_scale %dy, %w, %v {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x7x7xf32>
  return
}

// -----

func.func @batch_norm2d_scale_c1(%dy: tensor<?x6x14x14xf32>, %w: tensor<6xf32>, %v: tensor<3xf32>) {
  // expected-error@+1 {{'nn.batch_norm2d_scale' op expects a vector of 6 channels but got 'tensor<3xf32>'}}
  %0 = nn.batch_norm2d_scale %dy, %w, %v {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<3xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @local_response_norm_grad_c1(%dy: tensor<?x6x14x14xf32>, %x: tensor<?x6x7x7xf32>) {
  // expected-error@+1 {{'nn.local_response_norm_grad' op expects tensors of one shape of rank 3 or more}}
  %0 = nn.local_response_norm_grad %dy, %x {size = 5 : i64, alpha = 1.0e-4 : f64, beta = 0.75 : f64, k = 1.0 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x7x7xf32>) -> tensor<?x6x14x14xf32>
  return
}

// -----

func.func @local_response_norm_grad_c1(%dy: tensor<?x10xf32>, %x: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.local_response_norm_grad' op expects tensors of one shape of rank 3 or more}}
  %0 = nn.local_response_norm_grad %dy, %x {size = 5 : i64, alpha = 1.0e-4 : f64, beta = 0.75 : f64, k = 1.0 : f64} : (tensor<?x10xf32>, tensor<?x10xf32>) -> tensor<?x10xf32>
  return
}

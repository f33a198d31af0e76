// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @batch_norm2d_c1(%x: tensor<6xf32>, %p: tensor<6xf32>) {
  // expected-error@+1 {{'nn.batch_norm2d' op expects an input of rank 2 or more but got rank 1}}
  %0 = nn.batch_norm2d %x, %p, %p, %p, %p : (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @batch_norm2d_c2(%x: tensor<?x6x8x8xf32>, %p: tensor<6xf32>, %q: tensor<8xf32>) {
  // expected-error@+1 {{'nn.batch_norm2d' op expects running_var of shape [6] but got [8]}}
  %0 = nn.batch_norm2d %x, %p, %p, %p, %q : (tensor<?x6x8x8xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<8xf32>) -> tensor<?x6x8x8xf32>
  return
}

// -----

func.func @batch_norm2d_c3(%x: tensor<?x6x8x8xf32>, %p: tensor<6xf32>) {
  // expected-error@+1 {{'nn.batch_norm2d' op expects eps to be finite and not negative but got -1}}
  %0 = nn.batch_norm2d %x, %p, %p, %p, %p {eps = -1.0} : (tensor<?x6x8x8xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x8x8xf32>
  return
}

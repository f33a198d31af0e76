// The names of a network's inputs and outputs stand on the signature of its function.
// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @net(%image: tensor<?x3xf32> {nn.name = "image"}) -> (tensor<?x3xf32> {nn.name = "prob"}) {
  return %image : tensor<?x3xf32>
}

// -----

// expected-error@+1 {{'func.func' op expects 'nn.name' to be a string that is not empty}}
func.func @net(%image: tensor<?x3xf32> {nn.name = 3}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op expects 'nn.name' to be a string that is not empty}}
func.func @net(%image: tensor<?x3xf32>) -> (tensor<?x3xf32> {nn.name = ""}) {
  return %image : tensor<?x3xf32>
}

// -----

// expected-error@+1 {{'func.func' op has an unknown attribute 'nn.label' on its signature}}
func.func @net(%image: tensor<?x3xf32> {nn.label = "image"}) {
  return
}

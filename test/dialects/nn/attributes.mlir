// What a network file says beside its layers stands in attributes.
// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

module attributes {nn.weights = "net.safetensors"} {
  func.func @net(%image: tensor<?x3xf32> {nn.name = "image", nn.requires_grad}) -> (tensor<?x3xf32> {nn.name = "prob"}) attributes {nn.training = {loss = "cross_entropy"}} {
    %w = nn.parameter "w" {nn.trainable = false} : tensor<3xf32>
    %0 = nn.relu %image {nn.name = "prob"} : (tensor<?x3xf32>) -> tensor<?x3xf32>
    return %0 : tensor<?x3xf32>
  }
}

// -----

// expected-error@+1 {{'func.func' op expects 'nn.name' to be a string that is not empty but got 3 : i64}}
func.func @net(%image: tensor<?x3xf32> {nn.name = 3}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op expects 'nn.name' to be a string that is not empty but got ""}}
func.func @net(%image: tensor<?x3xf32>) -> (tensor<?x3xf32> {nn.name = ""}) {
  return %image : tensor<?x3xf32>
}

// -----

// expected-error@+1 {{'func.func' op has an attribute 'nn.label' that means nothing there}}
func.func @net(%image: tensor<?x3xf32> {nn.label = "image"}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op has an attribute 'nn.requires_grad' that means nothing there}}
func.func @net(%image: tensor<?x3xf32>) -> (tensor<?x3xf32> {nn.requires_grad}) {
  return %image : tensor<?x3xf32>
}

// -----

// expected-error@+1 {{'nn.parameter' op expects 'nn.trainable' to be true or false but got "no"}}
%w = nn.parameter "w" {nn.trainable = "no"} : tensor<3xf32>

// -----

// expected-error@+1 {{'builtin.module' op expects 'nn.weights' to be a string that is not empty but got unit}}
module attributes {nn.weights} {
}

// -----

// expected-error@+1 {{'func.func' op expects 'nn.training' to be a dictionary but got "adam"}}
func.func private @net() attributes {nn.training = "adam"}

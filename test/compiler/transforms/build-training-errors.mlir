// RUN: dlc-opt %s --nn-build-training --split-input-file --verify-diagnostics

// expected-error @+1 {{has no optimizer: 'training' in the network file says how it is trained}}
func.func @no_training(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = nn.parameter "w" : tensor<2x4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

// expected-error @+1 {{has nothing to train: no parameter that is not frozen, and no input that requires a gradient}}
func.func @all_frozen(%x: tensor<?x4xf32>) -> tensor<?x2xf32> attributes {nn.training = {optimizer = {op = "sgd"}}} {
  %w = nn.parameter "w" {nn.trainable = false} : tensor<2x4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

// expected-error @below {{has no layer "z" for its loss}}
func.func @no_such_layer(%x: tensor<?x4xf32>) -> tensor<?x2xf32>
    attributes {nn.training = {loss = {op = "mse", input = "z"}, optimizer = {op = "sgd"}}} {
  %w = nn.parameter "w" : tensor<2x4xf32>
  %0 = nn.linear %x, %w {nn.name = "y"} : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

// expected-error @below {{has no loss "mean"}}
func.func @no_such_loss(%x: tensor<?x4xf32>) -> tensor<?x2xf32>
    attributes {nn.training = {loss = {op = "mean", input = "y"}, optimizer = {op = "sgd"}}} {
  %w = nn.parameter "w" : tensor<2x4xf32>
  %0 = nn.linear %x, %w {nn.name = "y"} : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

// expected-error @below {{has 2 classes but its loss has weights for 3}}
func.func @class_weights(%x: tensor<?x4xf32>) -> tensor<?x2xf32>
    attributes {nn.training = {loss = {op = "nll", input = "y", weight = [1.0, 2.0, 3.0]}, optimizer = {op = "sgd"}}} {
  %w = nn.parameter "w" : tensor<2x4xf32>
  %0 = nn.linear %x, %w {nn.name = "y"} : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func @two_types(%x: tensor<?x4xf32>) -> tensor<?x2xf32> attributes {nn.training = {optimizer = {op = "sgd"}}} {
  %w = nn.parameter "w" : tensor<4x4xf32>
  // expected-error @below {{expects one type for 'w' but got 'tensor<2x4xf32>' and 'tensor<4x4xf32>'}}
  %w2 = nn.parameter "w" : tensor<2x4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = nn.linear %0, %w2 : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

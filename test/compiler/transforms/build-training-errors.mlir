// RUN: dlc-opt %s --nn-build-training --split-input-file --verify-diagnostics

// expected-error @+1 {{the network has no optimizer: 'training' in its file says how it is trained}}
func.func @no_training(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = nn.parameter "w" : tensor<2x4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

// expected-error @+1 {{there is nothing to train: the network has no parameter that is not frozen, and no input that requires a gradient}}
func.func @all_frozen(%x: tensor<?x4xf32>) -> tensor<?x2xf32> attributes {nn.training = {optimizer = {op = "sgd"}}} {
  %w = nn.parameter "w" {nn.trainable = false} : tensor<2x4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

// expected-error @below {{the network has no layer "z" for its loss}}
func.func @no_such_layer(%x: tensor<?x4xf32>) -> tensor<?x2xf32>
    attributes {nn.training = {loss = {op = "mse", input = "z"}, optimizer = {op = "sgd"}}} {
  %w = nn.parameter "w" : tensor<2x4xf32>
  %0 = nn.linear %x, %w {nn.name = "y"} : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

// expected-error @below {{there is no loss "mean"}}
func.func @no_such_loss(%x: tensor<?x4xf32>) -> tensor<?x2xf32>
    attributes {nn.training = {loss = {op = "mean", input = "y"}, optimizer = {op = "sgd"}}} {
  %w = nn.parameter "w" : tensor<2x4xf32>
  %0 = nn.linear %x, %w {nn.name = "y"} : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func @class_weights(%x: tensor<?x4xf32>) -> tensor<?x2xf32>
    attributes {nn.training = {loss = {op = "nll", input = "y", weight = [1.0, 2.0, 3.0]}, optimizer = {op = "sgd"}}} {
  %w = nn.parameter "w" : tensor<2x4xf32>
  // expected-error @below {{the loss "nll" has weights for 3 classes but this gives 2}}
  %0 = nn.linear %x, %w {nn.name = "y"} : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func @no_classes(%x: tensor<?xf32> {nn.name = "x", nn.requires_grad}) -> tensor<?xf32>
    attributes {nn.training = {loss = {op = "nll", input = "y"}, optimizer = {op = "sgd"}}} {
  // expected-error @below {{the loss "nll" expects classes in dimension 1 but this is 'tensor<?xf32>'}}
  %0 = nn.relu %x {nn.name = "y"} : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
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

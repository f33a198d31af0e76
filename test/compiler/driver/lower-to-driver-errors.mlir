// RUN: %dlc-opt %s --kernel-lower-to-driver --split-input-file --verify-diagnostics

// expected-error @+1 {{expects the attribute kernel.target with triple and features}}
module {
  func.func @no_target(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    return %x : tensor<?x4xf32>
  }
}

// -----

// expected-error @+1 {{expects features that sessions can check but got 'x87'}}
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "sse3,x87"}} {
  func.func @unknown_feature(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    return %x : tensor<?x4xf32>
  }
}

// -----

// expected-error @+1 {{has no runtime for the target "riscv64-unknown-linux-gnu"}}
module attributes {kernel.target = {triple = "riscv64-unknown-linux-gnu", features = ""}} {
  func.func @unknown_target(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    return %x : tensor<?x4xf32>
  }
}

// -----

// expected-error @+1 {{expects one network but got 0}}
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = ""}} {
}

// -----

module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = ""}} {
  kernel.func private @relu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    %0 = nn.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
    kernel.return %0 : tensor<?x4xf32>
  }
  func.func @not_planned(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    // expected-error @+1 {{'kernel.launch' op expects planned memory}}
    %0 = kernel.launch @relu(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

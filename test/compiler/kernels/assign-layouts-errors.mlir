// RUN: %dlc-opt %s --kernel-assign-layouts --split-input-file --verify-diagnostics

// expected-error @+1 {{'builtin.module' op expects 'kernel.target' with the 'vector_bytes' of the machine}}
module {
  func.func @no_target(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
    return %x : tensor<?x4xf32>
  }
}

// -----

// expected-error @+1 {{expects 'kernel.target' with the 'vector_bytes' of the machine}}
module attributes {kernel.target = {vector_bytes = 3 : i64}} {
}

// -----

module attributes {kernel.target = {vector_bytes = 16 : i64}} {
  func.func @no_kernels(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
    // expected-error @+1 {{'nn.relu' op expects to be in a kernel (--kernel-fuse) before layouts are assigned}}
    %0 = nn.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

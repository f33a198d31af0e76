// RUN: %dlc-opt %s --kernel-select-schedules --verify-diagnostics

// expected-error @+1 {{'builtin.module' op expects 'kernel.target' with the 'vector_bytes' of the machine}}
module {
  kernel.func private @relu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    %0 = nn.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
    kernel.return %0 : tensor<?x4xf32>
  }
}

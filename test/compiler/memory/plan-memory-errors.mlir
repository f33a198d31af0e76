// RUN: %dlc-opt %s --kernel-plan-memory --split-input-file --verify-diagnostics

// expected-error @+1 {{'func.func' op expects row-major outputs but result 0 is 'tensor<?x16xf32, #kernel.blocked<16>>'}}
func.func @blocked_output(%x: tensor<?x16xf32, #kernel.blocked<16>>) -> tensor<?x16xf32, #kernel.blocked<16>> {
  return %x : tensor<?x16xf32, #kernel.blocked<16>>
}

// -----

func.func @view_of_parameter(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %w = nn.parameter "w" : tensor<16x16xf32>
  // expected-error @+1 {{'kernel.view' op expects a view of an activation}}
  %v = kernel.view %w : tensor<16x16xf32> to tensor<16x4x4xf32>
  return %x : tensor<?x16xf32>
}

// -----

func.func @too_large(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  // expected-error @+1 {{'kernel.launch' op makes a tensor of 4294967296 bytes for one item of the batch; 2147483647 is the most that a kernel can address}}
  %0 = kernel.launch @grow(%x) : (tensor<?x16xf32>) -> tensor<?x65536x128x128xf32>
  return %x : tensor<?x16xf32>
}
kernel.func private @grow(%x: tensor<?x16xf32>) -> tensor<?x65536x128x128xf32> {
  %0 = nn.reshape %x {shape = array<i64: -9223372036854775808, 16, 1, 1>} : (tensor<?x16xf32>) -> tensor<?x16x1x1xf32>
  %1 = nn.pad %0 {padding = array<i64: 0, 127, 0, 127, 0, 65520>} : (tensor<?x16x1x1xf32>) -> tensor<?x65536x128x128xf32>
  kernel.return %1 : tensor<?x65536x128x128xf32>
}

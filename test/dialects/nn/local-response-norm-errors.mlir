// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @local_response_norm_c1(%x: tensor<?x96xf32>) {
  // expected-error@+1 {{'nn.local_response_norm' op expects an input of rank 3 or more but got rank 2}}
  %0 = nn.local_response_norm %x {size = 5} : (tensor<?x96xf32>) -> tensor<?x96xf32>
  return
}

// -----

func.func @size(%x: tensor<?x96x5xf32>) {
  // expected-error@+1 {{'nn.local_response_norm' op attribute 'size' failed to satisfy constraint}}
  %0 = nn.local_response_norm %x {size = 0} : (tensor<?x96x5xf32>) -> tensor<?x96x5xf32>
  return
}

// -----

func.func @size(%x: tensor<?x96x5xf32>) {
  // expected-error@+1 {{'nn.local_response_norm' op expects size of at most 2147483647 but got 9223372036854775807}}
  %0 = nn.local_response_norm %x {size = 9223372036854775807} : (tensor<?x96x5xf32>) -> tensor<?x96x5xf32>
  return
}

// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

func.func @softmax_c1(%x: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.softmax' op expects dim between -2 and 1 for an input of rank 2 but got 2}}
  %0 = nn.softmax %x {dim = 2} : (tensor<?x10xf32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @softmax_c1(%x: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.softmax' op expects dim to be a dimension other than the batch but got -2}}
  %0 = nn.softmax %x {dim = -2} : (tensor<?x10xf32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @log_softmax_c1(%x: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.log_softmax' op expects dim to be a dimension other than the batch but got 0}}
  %0 = nn.log_softmax %x {dim = 0} : (tensor<?x10xf32>) -> tensor<?x10xf32>
  return
}

// -----

func.func @log_softmax_c1(%x: tensor<?x10xf32>) {
  // expected-error@+1 {{'nn.log_softmax' op expects dim between -2 and 1 for an input of rank 2 but got -9223372036854775808}}
  %0 = nn.log_softmax %x {dim = -9223372036854775808} : (tensor<?x10xf32>) -> tensor<?x10xf32>
  return
}

// RUN: %dlc-opt %s --nn-fold-batch-norm --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @conv
// CHECK: %[[W:.*]] = nn.parameter "w"
// CHECK: %[[SCALED:.*]] = nn.fold_scale %[[W]], %[[GAMMA:.*]], %[[VARIANCE:.*]] {eps = 1.000000e-03 : f64}
// CHECK: %[[SHIFTED:.*]] = nn.fold_shift %[[GAMMA]], %[[BETA:.*]], %[[MEAN:.*]], %[[VARIANCE]] {eps = 1.000000e-03 : f64}
// CHECK: %[[Y:.*]] = nn.conv2d %arg0, %[[SCALED]], %[[SHIFTED]] {kernel_size = array<i64: 3, 3>}
// CHECK-NOT: nn.batch_norm2d
// CHECK: return %[[Y]]
func.func @conv(%x: tensor<?x2x8x8xf32> {nn.name = "x"}) -> (tensor<?x4x6x6xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" : tensor<4x2x3x3xf32>
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>} : (tensor<?x2x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<?x4x6x6xf32>
  %gamma = nn.parameter "bn.weight" : tensor<4xf32>
  %beta = nn.parameter "bn.bias" : tensor<4xf32>
  %mean = nn.parameter "bn.running_mean" : tensor<4xf32>
  %variance = nn.parameter "bn.running_var" : tensor<4xf32>
  %1 = nn.batch_norm2d %0, %gamma, %beta, %mean, %variance {eps = 1.0e-3 : f64}
     : (tensor<?x4x6x6xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x6x6xf32>
  return %1 : tensor<?x4x6x6xf32>
}

// -----

// A bias that is there is shifted too; a second norm folds into what the first has left.
// CHECK-LABEL: func.func @linear_twice
// CHECK: %[[B:.*]] = nn.parameter "b"
// CHECK: %[[SCALED:.*]] = nn.fold_scale %{{.*}}, %[[G:.*]], %[[V:.*]] {eps
// CHECK: %[[SHIFTED:.*]] = nn.fold_shift %[[G]], %[[G]], %[[G]], %[[V]], %[[B]]
// CHECK: %[[SCALED2:.*]] = nn.fold_scale %[[SCALED]], %[[G]], %[[V]]
// CHECK: %[[SHIFTED2:.*]] = nn.fold_shift %[[G]], %[[G]], %[[G]], %[[V]], %[[SHIFTED]]
// CHECK: nn.linear %arg0, %[[SCALED2]], %[[SHIFTED2]]
// CHECK-NOT: nn.batch_norm2d
func.func @linear_twice(%x: tensor<?x8xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" : tensor<4x8xf32>
  %b = nn.parameter "b" : tensor<4xf32>
  %g = nn.parameter "g" : tensor<4xf32>
  %v = nn.parameter "v" : tensor<4xf32>
  %0 = nn.linear %x, %w, %b : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %1 = nn.batch_norm2d %0, %g, %g, %g, %v : (tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %2 = nn.batch_norm2d %1, %g, %g, %g, %v : (tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// -----

// Two layers share a weight: the one without a norm keeps it.
// CHECK-LABEL: func.func @shared_weight
// CHECK: %[[W:.*]] = nn.parameter "w"
// CHECK: nn.linear %arg0, %[[W]] :
// CHECK: %[[SCALED:.*]] = nn.fold_scale %[[W]]
// CHECK: nn.linear %{{.*}}, %[[SCALED]], %{{.*}} :
func.func @shared_weight(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" : tensor<4x4xf32>
  %g = nn.parameter "g" : tensor<4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = nn.linear %0, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %2 = nn.batch_norm2d %1, %g, %g, %g, %g : (tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// -----

// The sum before the norm is read by another layer, or is an output itself.
// CHECK-LABEL: func.func @read_elsewhere
// CHECK: nn.batch_norm2d
// CHECK: nn.batch_norm2d
func.func @read_elsewhere(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}, tensor<?x4xf32> {nn.name = "z"}) {
  %w = nn.parameter "w" : tensor<4x4xf32>
  %g = nn.parameter "g" : tensor<4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = nn.batch_norm2d %0, %g, %g, %g, %g : (tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %2 = nn.add %0, %1 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %3 = nn.linear %2, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %4 = nn.batch_norm2d %3, %g, %g, %g, %g : (tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return %3, %4 : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// The channels of the norm are not those of the weight.
// CHECK-LABEL: func.func @other_dimension
// CHECK: nn.batch_norm2d
func.func @other_dimension(%x: tensor<?x4x4xf32> {nn.name = "x"}) -> (tensor<?x4x4xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" : tensor<4x4xf32>
  %g = nn.parameter "g" : tensor<4xf32>
  %0 = nn.linear %x, %w : (tensor<?x4x4xf32>, tensor<4x4xf32>) -> tensor<?x4x4xf32>
  %1 = nn.batch_norm2d %0, %g, %g, %g, %g : (tensor<?x4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x4xf32>
  return %1 : tensor<?x4x4xf32>
}

// -----

// A norm without a contraction before it stays.
// CHECK-LABEL: func.func @alone
// CHECK: nn.batch_norm2d %arg0
func.func @alone(%x: tensor<?x4x4xf32> {nn.name = "x"}) -> (tensor<?x4x4xf32> {nn.name = "y"}) {
  %g = nn.parameter "g" : tensor<4xf32>
  %0 = nn.batch_norm2d %x, %g, %g, %g, %g : (tensor<?x4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x4xf32>
  return %0 : tensor<?x4x4xf32>
}

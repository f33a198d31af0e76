// RUN: dlc-opt %s --nn-build-training | FileCheck %s
// RUN: dlc-opt %s --nn-build-training | dlc-opt | FileCheck %s
// RUN: dlc-opt %s --nn-build-training=evaluates-loss | FileCheck %s --check-prefix EVALUATES

// The network stays; its functions of training stand behind it.

// CHECK-LABEL: func.func @net(
// CHECK: nn.dropout

// CHECK-LABEL: func.func @net.step(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x2x4x4xf32> {nn.name = "x", nn.requires_grad}
// CHECK-SAME: %[[TARGET:[^:]*]]: tensor<?xi32> {nn.name = "label"}
// CHECK-SAME: %[[KEY:[^:]*]]: tensor<4xui32> {nn.name = "random_key"}
// CHECK-SAME: -> (tensor<?x3xf32> {nn.name = "y"}, tensor<1xf32> {nn.name = "loss"}, tensor<?x2x4x4xf32> {nn.gradient, nn.name = "x.grad"})
// CHECK-SAME: nn.role = "step", nn.state = {gradients = 896 : i64, initial = 896 : i64, total = 2432 : i64, trained = 768 : i64}

// Trained parameters begin the state, in the order of the network; statistics follow.
// CHECK: %[[CONV:.*]] = nn.variable %{{.*}} {place = 0 : i64} : (tensor<2x2x3x3xf32>)
// CHECK: %[[GAMMA:.*]] = nn.variable %{{.*}} {place = 192 : i64}
// CHECK: %[[BETA:.*]] = nn.variable %{{.*}} {place = 256 : i64}
// CHECK: %[[RUNNING_MEAN:.*]] = nn.variable %{{.*}} {place = 768 : i64}
// CHECK: %[[RUNNING_VAR:.*]] = nn.variable %{{.*}} {place = 832 : i64}
// CHECK: %[[FC:.*]] = nn.variable %{{.*}} {place = 320 : i64} : (tensor<3x32xf32>)
// CHECK: %[[BIAS:.*]] = nn.variable %{{.*}} {place = 704 : i64}

// Batch norm takes the batch's statistics, which the running ones follow.
// CHECK: %[[A:.*]] = nn.conv2d %[[X]], %[[CONV]]
// CHECK: %[[MEAN:.*]] = nn.reduce %[[A]] {dims = array<i64: 0, 2, 3>, mean}
// CHECK: %[[VAR:.*]] = nn.batch_variance %[[A]], %[[MEAN]]
// CHECK: %[[NEW_MEAN:.*]] = nn.running_average %[[RUNNING_MEAN]], %[[MEAN]], %[[A]] {momentum = 1.000000e-01 : f64} :
// CHECK: nn.assign %[[NEW_MEAN]] {place = 768 : i64}
// CHECK: %[[NEW_VAR:.*]] = nn.running_average %[[RUNNING_VAR]], %[[VAR]], %[[A]] {momentum = 1.000000e-01 : f64, unbiased} :
// CHECK: nn.assign %[[NEW_VAR]] {place = 832 : i64}
// CHECK: %[[B:.*]] = nn.batch_norm2d %[[A]], %[[GAMMA]], %[[BETA]], %[[MEAN]], %[[VAR]]
// CHECK: %[[C:.*]] = nn.relu %[[B]]
// CHECK: %[[D:.*]] = nn.random_dropout %[[C]], %[[KEY]] {p = 2.500000e-01 : f64, stream = 1 : i64}
// CHECK: %[[E:.*]] = nn.flatten %[[D]]
// CHECK: %[[Y:.*]] = nn.linear %[[E]], %[[FC]], %[[BIAS]]
// CHECK: %[[LOGS:.*]] = nn.log_softmax %[[Y]]
// CHECK: %[[NLL:.*]] = nn.nll_loss %[[LOGS]], %[[TARGET]] {label_smoothing = 1.000000e-01 : f64, mean}
// CHECK: %[[LOSS:.*]] = nn.affine %[[NLL]] {{{.*}}scale = 2.000000e+00 : f64}

// CHECK: nn.backward
// CHECK: %[[ONE:.*]] = nn.fill {{.*}}value = 1.000000e+00
// CHECK: %[[SEED:.*]] = nn.affine %[[ONE]] {{{.*}}scale = 2.000000e+00 : f64}
// CHECK: %[[DLOGS:.*]] = nn.nll_loss_grad %[[SEED]], %[[LOGS]], %[[TARGET]]
// CHECK: %[[SUM:.*]] = nn.reduce %[[DLOGS]] {dims = array<i64: 1>, keep}
// CHECK: %[[P:.*]] = nn.exp %[[LOGS]]
// CHECK: %[[SHARE:.*]] = nn.mul %[[P]], %[[SUM]]
// CHECK: %[[DY:.*]] = nn.sub %[[DLOGS]], %[[SHARE]]
// CHECK: %[[FC_T:.*]] = nn.transpose_weight %[[FC]]
// CHECK: %[[DE:.*]] = nn.linear %[[DY]], %[[FC_T]]
// CHECK: %[[DFC:.*]] = nn.linear_grad_weight %[[E]], %[[DY]]
// CHECK: %[[DBIAS:.*]] = nn.reduce %[[DY]] {dims = array<i64: 0>}
// CHECK: %[[DD:.*]] = nn.reshape %[[DE]]
// CHECK: %[[DC:.*]] = nn.random_dropout %[[DD]], %[[KEY]] {p = 2.500000e-01 : f64, stream = 1 : i64}
// CHECK: %[[DB:.*]] = nn.leaky_relu_grad %[[DC]], %[[C]] {negative_slope = 0.000000e+00 : f64}
// CHECK: %[[DGAMMA:.*]] = nn.batch_norm2d_grad_weight %[[DB]], %[[A]], %[[MEAN]], %[[VAR]]
// CHECK: %[[DBETA:.*]] = nn.reduce %[[DB]] {dims = array<i64: 0, 2, 3>}
// CHECK: %[[DA:.*]] = nn.batch_norm2d_grad_input %[[DB]], %[[A]], %[[GAMMA]], %[[MEAN]], %[[VAR]], %[[DGAMMA]], %[[DBETA]]
// CHECK: %[[CONV_T:.*]] = nn.transpose_weight %[[CONV]]
// CHECK: %[[DX:.*]] = nn.conv2d %[[DA]], %[[CONV_T]] {{{.*}}padding = array<i64: 1, 1, 1, 1>
// CHECK: %[[DCONV:.*]] = nn.conv2d_grad_weight %[[X]], %[[DA]]
// CHECK-DAG: nn.assign %[[DCONV]] {place = 896 : i64}
// CHECK-DAG: nn.assign %[[DGAMMA]] {place = 1088 : i64}
// CHECK-DAG: nn.assign %[[DBETA]] {place = 1152 : i64}
// CHECK-DAG: nn.assign %[[DFC]] {place = 1216 : i64}
// CHECK-DAG: nn.assign %[[DBIAS]] {place = 1600 : i64}
// CHECK: return %[[Y]], %[[LOSS]], %[[DX]]

// CHECK-LABEL: func.func @net.update(
// CHECK-SAME: %[[MOMENTUM:[^:]*]]: tensor<1x1xf32> {nn.default = 9.000000e-01 : f64, nn.name = "momentum"}
// CHECK-SAME: %[[LR:[^:]*]]: tensor<1x1xf32> {nn.default = 1.000000e-01 : f64, nn.name = "lr"}
// CHECK-SAME: nn.slots = {momentum_buffer = 1664 : i64}
// CHECK: %[[W:.*]] = nn.variable {place = 0 : i64} : () -> tensor<1x192xf32>
// CHECK: %[[G:.*]] = nn.variable {place = 896 : i64}
// CHECK: %[[BUFFER:.*]] = nn.variable {place = 1664 : i64}
// CHECK: %[[KEPT:.*]] = nn.mul %[[BUFFER]], %[[MOMENTUM]]
// CHECK: %[[NEW:.*]] = nn.add %[[KEPT]], %[[G]]
// CHECK: nn.assign %[[NEW]] {place = 1664 : i64}
// CHECK: %[[STEP:.*]] = nn.mul %[[NEW]], %[[LR]]
// CHECK: %[[NEXT:.*]] = nn.sub %[[W]], %[[STEP]]
// CHECK: nn.assign %[[NEXT]] {place = 0 : i64}

// CHECK-LABEL: func.func @net.predict(
// CHECK: nn.batch_norm2d
// CHECK: nn.dropout

// The prediction may return the loss: of the layers as they are at inference, and without gradients.
// EVALUATES-LABEL: func.func @net.predict(
// EVALUATES-SAME: tensor<?xi32> {nn.name = "label"})
// EVALUATES-SAME: -> (tensor<?x3xf32> {nn.name = "y"}, tensor<1xf32> {nn.name = "loss"})
// EVALUATES: nn.batch_norm2d
// EVALUATES: %[[Y:.*]] = nn.linear
// EVALUATES-NOT: nn.backward
// EVALUATES: nn.log_softmax %[[Y]]
// EVALUATES: return %[[Y]],
func.func @net(%x: tensor<?x2x4x4xf32> {nn.name = "x", nn.requires_grad}) -> (tensor<?x3xf32> {nn.name = "y"})
    attributes {nn.training = {loss = {op = "cross_entropy", input = "y", target = "label", label_smoothing = 0.1, scale = 2.0},
                               optimizer = {op = "sgd", lr = 0.1, momentum = 0.9}}} {
  %w = nn.parameter "conv.weight" : tensor<2x2x3x3xf32>
  %gamma = nn.parameter "bn.weight" : tensor<2xf32>
  %beta = nn.parameter "bn.bias" : tensor<2xf32>
  %mean = nn.parameter "bn.running_mean" : tensor<2xf32>
  %var = nn.parameter "bn.running_var" : tensor<2xf32>
  %fc = nn.parameter "fc.weight" : tensor<3x32xf32>
  %b = nn.parameter "fc.bias" : tensor<3xf32>
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x2x4x4xf32>, tensor<2x2x3x3xf32>) -> tensor<?x2x4x4xf32>
  %1 = nn.batch_norm2d %0, %gamma, %beta, %mean, %var : (tensor<?x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x4x4xf32>
  %2 = nn.relu %1 : (tensor<?x2x4x4xf32>) -> tensor<?x2x4x4xf32>
  %3 = nn.dropout %2 {p = 2.5e-01 : f64} : (tensor<?x2x4x4xf32>) -> tensor<?x2x4x4xf32>
  %4 = nn.flatten %3 : (tensor<?x2x4x4xf32>) -> tensor<?x32xf32>
  %5 = nn.linear %4, %fc, %b {nn.name = "y"} : (tensor<?x32xf32>, tensor<3x32xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  return %5 : tensor<?x3xf32>
}

// Without a loss the program gives the gradients of the outputs. What is frozen has no gradient, and a frozen batch
// norm keeps its statistics; a strided convolution's gradient has zeros between its pixels.

// CHECK-LABEL: func.func @frozen.step(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x2x5x5xf32> {nn.name = "x"}
// CHECK-SAME: %[[DY:[^:]*]]: tensor<?x2x2x2xf32> {nn.name = "y.grad"}
// CHECK-SAME: trained = 192 : i64
// CHECK: %[[A:.*]] = nn.conv2d %[[X]], %[[W1:[^ ]*]]
// CHECK-NOT: nn.reduce
// CHECK: %[[B:.*]] = nn.batch_norm2d %[[A]], %[[GAMMA:.*]], %{{.*}}, %{{.*}}, %[[VAR:[^ ]*]] :
// CHECK: nn.backward
// CHECK-NOT: nn.conv2d_grad_weight %[[B]]
// CHECK: %[[WIDE:.*]] = nn.dilate %[[DY]] {stride = array<i64: 2, 2>} : (tensor<?x2x2x2xf32>) -> tensor<?x2x3x3xf32>
// CHECK: %[[T:.*]] = nn.transpose_weight
// CHECK: %[[DB:.*]] = nn.conv2d %[[WIDE]], %[[T]] {{{.*}}padding = array<i64: 2, 2, 2, 2>
// CHECK: %[[DA:.*]] = nn.batch_norm2d_scale %[[DB]], %[[GAMMA]], %[[VAR]]
// CHECK: %[[DW:.*]] = nn.conv2d_grad_weight %[[X]], %[[DA]]
// CHECK: nn.assign %[[DW]]
// CHECK-NOT: nn.assign
// CHECK: return
func.func @frozen(%x: tensor<?x2x5x5xf32> {nn.name = "x"}) -> (tensor<?x2x2x2xf32> {nn.name = "y"})
    attributes {nn.training = {optimizer = {op = "sgd"}}} {
  %w = nn.parameter "conv1.weight" : tensor<2x2x3x3xf32>
  %gamma = nn.parameter "bn.weight" {nn.trainable = false} : tensor<2xf32>
  %beta = nn.parameter "bn.bias" {nn.trainable = false} : tensor<2xf32>
  %mean = nn.parameter "bn.running_mean" {nn.trainable = false} : tensor<2xf32>
  %var = nn.parameter "bn.running_var" {nn.trainable = false} : tensor<2xf32>
  %w2 = nn.parameter "conv2.weight" {nn.trainable = false} : tensor<2x2x3x3xf32>
  %0 = nn.conv2d %x, %w {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x2x5x5xf32>, tensor<2x2x3x3xf32>) -> tensor<?x2x5x5xf32>
  %1 = nn.batch_norm2d %0, %gamma, %beta, %mean, %var : (tensor<?x2x5x5xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x5x5xf32>
  %2 = nn.conv2d %1, %w2 {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>} : (tensor<?x2x5x5xf32>, tensor<2x2x3x3xf32>) -> tensor<?x2x2x2xf32>
  return %2 : tensor<?x2x2x2xf32>
}

// A loss finds the layer that it reads where that has another form in training.

// CHECK-LABEL: func.func @loss_of_dropout.step(
// CHECK: %[[D:.*]] = nn.random_dropout {{.*}}nn.name = "y"
// CHECK: nn.sub %[[D]]
func.func @loss_of_dropout(%x: tensor<?x3xf32> {nn.name = "x", nn.requires_grad}) -> (tensor<?x3xf32> {nn.name = "y"})
    attributes {nn.training = {loss = {op = "mse", input = "y"}, optimizer = {op = "sgd"}}} {
  %0 = nn.dropout %x {nn.name = "y", p = 2.5e-01 : f64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// RUN: %dlc-opt %s --kernel-plan-memory --split-input-file | FileCheck %s

// A chain needs two tensors at a time; its ends are the caller's.
// CHECK-LABEL: func.func @chain
// CHECK-SAME: kernel.arena_bytes = 0 : i64, kernel.arena_scaled_bytes = 128 : i64, kernel.live_bytes = 128 : i64
// CHECK: kernel.launch @softmax(%arg0) {storage = [#kernel.storage<arena, {{.*}}item = 10>]}
// CHECK: kernel.launch @softmax(%{{.*}}) {storage = [#kernel.storage<arena, {{.*}}item = 10>]}
// CHECK: kernel.launch @softmax(%{{.*}}) {storage = [#kernel.storage<arena, {{.*}}item = 10>]}
// CHECK: kernel.launch @softmax(%{{.*}}) {storage = [#kernel.storage<output, item = 10>]}
kernel.func private @softmax(%x: tensor<?x10xf32>) -> tensor<?x10xf32> {
  %0 = nn.softmax %x : (tensor<?x10xf32>) -> tensor<?x10xf32>
  kernel.return %0 : tensor<?x10xf32>
}
func.func @chain(%x: tensor<?x10xf32>) -> tensor<?x10xf32> {
  %0 = kernel.launch @softmax(%x) : (tensor<?x10xf32>) -> tensor<?x10xf32>
  %1 = kernel.launch @softmax(%0) : (tensor<?x10xf32>) -> tensor<?x10xf32>
  %2 = kernel.launch @softmax(%1) : (tensor<?x10xf32>) -> tensor<?x10xf32>
  %3 = kernel.launch @softmax(%2) : (tensor<?x10xf32>) -> tensor<?x10xf32>
  return %3 : tensor<?x10xf32>
}

// -----

// Tensors of 64, 128, 192 and 256 bytes whose lifetimes interlock: 512 bytes are
// live at the worst step, and no more are needed.
// CHECK-LABEL: func.func @optimum
// CHECK-SAME: kernel.arena_scaled_bytes = 512 : i64, kernel.live_bytes = 512 : i64
kernel.func private @to16(%x: tensor<?x64xf32>) -> tensor<?x16xf32> {
  %0 = nn.pad %x {padding = array<i64: 0, -48>} : (tensor<?x64xf32>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
kernel.func private @to32(%x: tensor<?x16xf32>) -> tensor<?x32xf32> {
  %0 = nn.pad %x {padding = array<i64: 0, 16>} : (tensor<?x16xf32>) -> tensor<?x32xf32>
  kernel.return %0 : tensor<?x32xf32>
}
kernel.func private @to48(%x: tensor<?x32xf32>) -> tensor<?x48xf32> {
  %0 = nn.pad %x {padding = array<i64: 0, 16>} : (tensor<?x32xf32>) -> tensor<?x48xf32>
  kernel.return %0 : tensor<?x48xf32>
}
kernel.func private @to64(%x: tensor<?x48xf32>) -> tensor<?x64xf32> {
  %0 = nn.pad %x {padding = array<i64: 0, 16>} : (tensor<?x48xf32>) -> tensor<?x64xf32>
  kernel.return %0 : tensor<?x64xf32>
}
kernel.func private @cut(%x: tensor<?x64xf32>) -> tensor<?x48xf32> {
  %0 = nn.pad %x {padding = array<i64: 0, -16>} : (tensor<?x64xf32>) -> tensor<?x48xf32>
  kernel.return %0 : tensor<?x48xf32>
}
func.func @optimum(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x32xf32>) {
  %a = kernel.launch @to16(%x) : (tensor<?x64xf32>) -> tensor<?x16xf32>
  %b = kernel.launch @to32(%a) : (tensor<?x16xf32>) -> tensor<?x32xf32>
  %c = kernel.launch @to48(%b) : (tensor<?x32xf32>) -> tensor<?x48xf32>
  %d = kernel.launch @to64(%c) : (tensor<?x48xf32>) -> tensor<?x64xf32>
  %e = kernel.launch @cut(%d) : (tensor<?x64xf32>) -> tensor<?x48xf32>
  %f = kernel.launch @to64(%e) : (tensor<?x48xf32>) -> tensor<?x64xf32>
  %g = kernel.launch @to32(%a) : (tensor<?x16xf32>) -> tensor<?x32xf32>
  return %f, %g : tensor<?x64xf32>, tensor<?x32xf32>
}

// -----

// A batch that is fixed needs no scaling.
// CHECK-LABEL: func.func @fixed
// CHECK-SAME: kernel.arena_bytes = 192 : i64, kernel.arena_scaled_bytes = 0 : i64
// CHECK: kernel.launch @softmax(%arg0) {storage = [#kernel.storage<arena, item = 10>]}
kernel.func private @softmax(%x: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %0 = nn.softmax %x : (tensor<4x10xf32>) -> tensor<4x10xf32>
  kernel.return %0 : tensor<4x10xf32>
}
func.func @fixed(%x: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %0 = kernel.launch @softmax(%x) : (tensor<4x10xf32>) -> tensor<4x10xf32>
  %1 = kernel.launch @softmax(%0) : (tensor<4x10xf32>) -> tensor<4x10xf32>
  return %1 : tensor<4x10xf32>
}

// -----

// Parameters follow one another in the order of their use, each once, aligned.
// CHECK-LABEL: func.func @weights
// CHECK-SAME: kernel.weights_bytes = 1152 : i64
// CHECK: %[[W:.*]] = nn.parameter "w" : tensor<16x16xf32>
// CHECK: nn.parameter "b" {kernel.storage = [#kernel.storage<weights, offset = 1024, item = 0>]}
// CHECK: kernel.pack %[[W]] {storage = [#kernel.storage<weights, item = 0>]}
// CHECK: nn.parameter "unused" : tensor<4xf32>
kernel.func private @dense(%x: tensor<?x16xf32>, %w: tensor<16x16xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>, %b: tensor<17xf32>) -> tensor<?x16xf32> {
  %0 = nn.linear %x, %w : (tensor<?x16xf32>, tensor<16x16xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
func.func @weights(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %w = nn.parameter "w" : tensor<16x16xf32>
  %b = nn.parameter "b" : tensor<17xf32>
  %p = kernel.pack %w : tensor<16x16xf32> to tensor<16x16xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>
  %unused = nn.parameter "unused" : tensor<4xf32>
  %0 = kernel.launch @dense(%x, %p, %b) : (tensor<?x16xf32>, tensor<16x16xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>, tensor<17xf32>) -> tensor<?x16xf32>
  %1 = kernel.launch @dense(%0, %p, %b) : (tensor<?x16xf32>, tensor<16x16xf32, #kernel.weights<direct, lanes = 16, inLanes = 16>>, tensor<17xf32>) -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}

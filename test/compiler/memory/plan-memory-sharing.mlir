// RUN: %dlc-opt %s --kernel-plan-memory --split-input-file | FileCheck %s
// Who shares whose storage, and who must not.

// The result of an elementwise kernel takes the place of an operand that dies;
// the network's own input never dies.
// CHECK-LABEL: func.func @in_place
// CHECK-SAME: kernel.arena_scaled_bytes = 128 : i64
// CHECK: kernel.launch @sigmoid(%arg0) {storage = [#kernel.storage<arena, [[A:.*]]item = 16>]}
// CHECK: kernel.launch @sigmoid(%{{.*}}) {storage = [#kernel.storage<arena, [[A]]item = 16>]}
// CHECK: kernel.launch @softmax(%{{.*}}) {storage = [#kernel.storage<arena, {{.*}}item = 16>]}
// CHECK: kernel.launch @softmax(%{{.*}}) {storage = [#kernel.storage<output, item = 16>]}
// CHECK: kernel.launch @sigmoid(%{{.*}}) {storage = [#kernel.storage<output, item = 16>]}
kernel.func private @sigmoid(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = nn.sigmoid %x : (tensor<?x16xf32>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
kernel.func private @softmax(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = nn.softmax %x : (tensor<?x16xf32>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
func.func @in_place(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = kernel.launch @sigmoid(%x) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %1 = kernel.launch @sigmoid(%0) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %2 = kernel.launch @softmax(%1) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %3 = kernel.launch @softmax(%2) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %4 = kernel.launch @sigmoid(%3) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  return %4 : tensor<?x16xf32>
}

// -----

// Not where somebody reads the operand later, or by another name, or where the
// operand is broadcast.
// CHECK-LABEL: func.func @not_in_place
// CHECK: %[[A:.*]] = kernel.launch @scale(%arg0, %arg1) {storage = [#kernel.storage<arena, [[SA:.*]]item = 16>]}
// CHECK-NOT: #kernel.storage<arena, [[SA]]item = 16>
// CHECK: %[[B:.*]] = kernel.launch @scale(%[[A]], %arg1)
// CHECK-NOT: #kernel.storage<arena, [[SA]]item = 16>
// CHECK: %[[C:.*]] = kernel.launch @scale(%[[A]], %[[B]])
// CHECK: kernel.launch @gate(%[[C]], %[[A]])
kernel.func private @scale(%x: tensor<?x16x1x1xf32>, %y: tensor<?x16x1x1xf32>) -> tensor<?x16x1x1xf32> {
  %0 = nn.mul %x, %y : (tensor<?x16x1x1xf32>, tensor<?x16x1x1xf32>) -> tensor<?x16x1x1xf32>
  kernel.return %0 : tensor<?x16x1x1xf32>
}
kernel.func private @gate(%x: tensor<?x16x1x1xf32>, %y: tensor<?x16x1x1xf32>) -> tensor<?x16x4x4xf32> {
  %0 = nn.mul %x, %y : (tensor<?x16x1x1xf32>, tensor<?x16x1x1xf32>) -> tensor<?x16x1x1xf32>
  %1 = nn.pad %0 {padding = array<i64: 1, 2, 1, 2>} : (tensor<?x16x1x1xf32>) -> tensor<?x16x4x4xf32>
  kernel.return %1 : tensor<?x16x4x4xf32>
}
func.func @not_in_place(%x: tensor<?x16x1x1xf32>, %y: tensor<?x16x1x1xf32>) -> tensor<?x16x4x4xf32> {
  %a = kernel.launch @scale(%x, %y) : (tensor<?x16x1x1xf32>, tensor<?x16x1x1xf32>) -> tensor<?x16x1x1xf32>
  %b = kernel.launch @scale(%a, %y) : (tensor<?x16x1x1xf32>, tensor<?x16x1x1xf32>) -> tensor<?x16x1x1xf32>
  %c = kernel.launch @scale(%a, %b) : (tensor<?x16x1x1xf32>, tensor<?x16x1x1xf32>) -> tensor<?x16x1x1xf32>
  %d = kernel.launch @gate(%c, %a) : (tensor<?x16x1x1xf32>, tensor<?x16x1x1xf32>) -> tensor<?x16x4x4xf32>
  return %d : tensor<?x16x4x4xf32>
}

// -----

// The inputs of a concat lie in its result, also through a view and when
// concats are nested; items lie as far apart as the whole result's.
// CHECK-LABEL: func.func @concat
// CHECK-SAME: kernel.arena_scaled_bytes = 192 : i64
// CHECK: kernel.launch @softmax(%arg0) {storage = [#kernel.storage<arena, [[AT:.*]]item = 48>]}
// CHECK: kernel.launch @softmax(%arg0) {storage = [#kernel.storage<arena, [[AT]]offset = 64, item = 48>]}
// CHECK: kernel.concat {{.*}} {storage = [#kernel.storage<arena, [[AT]]item = 48>]}
// CHECK: kernel.launch @softmax(%arg0) {storage = [#kernel.storage<arena, [[AT]]offset = 128, item = 48>]}
// CHECK: kernel.view {{.*}} {storage = [#kernel.storage<arena, [[AT]]offset = 128, item = 48>]}
// CHECK: kernel.concat {{.*}} {storage = [#kernel.storage<arena, [[AT]]item = 48>]}
// CHECK-NOT: nn.identity
kernel.func private @softmax(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = nn.softmax %x : (tensor<?x16xf32>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
kernel.func private @softmax48(%x: tensor<?x48xf32>) -> tensor<?x48xf32> {
  %0 = nn.softmax %x : (tensor<?x48xf32>) -> tensor<?x48xf32>
  kernel.return %0 : tensor<?x48xf32>
}
func.func @concat(%x: tensor<?x16xf32>) -> tensor<?x48xf32> {
  %a = kernel.launch @softmax(%x) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %b = kernel.launch @softmax(%x) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %ab = kernel.concat %a, %b : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x32xf32>
  %c = kernel.launch @softmax(%x) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %v = kernel.view %c : tensor<?x16xf32> to tensor<?x16xf32>
  %abc = kernel.concat %ab, %v : (tensor<?x32xf32>, tensor<?x16xf32>) -> tensor<?x48xf32>
  %d = kernel.launch @softmax48(%abc) : (tensor<?x48xf32>) -> tensor<?x48xf32>
  return %d : tensor<?x48xf32>
}

// -----

// A growing row of concats, as in a densely connected block, is one container.
// CHECK-LABEL: func.func @dense_block
// CHECK-SAME: kernel.arena_scaled_bytes = 192 : i64
// CHECK: kernel.launch @first(%arg0) {storage = [#kernel.storage<arena, item = 48>]}
// CHECK: kernel.launch @first(%{{.*}}) {storage = [#kernel.storage<arena, offset = 64, item = 48>]}
// CHECK: kernel.concat {{.*}} {storage = [#kernel.storage<arena, item = 48>]}
// CHECK: kernel.launch @second(%{{.*}}) {storage = [#kernel.storage<arena, offset = 128, item = 48>]}
// CHECK: kernel.concat {{.*}} {storage = [#kernel.storage<arena, item = 48>]}
// CHECK-NOT: nn.identity
kernel.func private @first(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = nn.softmax %x : (tensor<?x16xf32>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
kernel.func private @second(%x: tensor<?x32xf32>) -> tensor<?x16xf32> {
  %0 = nn.pad %x {padding = array<i64: 0, -16>} : (tensor<?x32xf32>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
kernel.func private @last(%x: tensor<?x48xf32>) -> tensor<?x48xf32> {
  %0 = nn.softmax %x : (tensor<?x48xf32>) -> tensor<?x48xf32>
  kernel.return %0 : tensor<?x48xf32>
}
func.func @dense_block(%x: tensor<?x16xf32>) -> tensor<?x48xf32> {
  %a = kernel.launch @first(%x) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %b = kernel.launch @first(%a) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %ab = kernel.concat %a, %b : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x32xf32>
  %c = kernel.launch @second(%ab) : (tensor<?x32xf32>) -> tensor<?x16xf32>
  %abc = kernel.concat %a, %b, %c : (tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x48xf32>
  %d = kernel.launch @last(%abc) : (tensor<?x48xf32>) -> tensor<?x48xf32>
  return %d : tensor<?x48xf32>
}

// -----

// What cannot lie in two places is copied: the network's input, one tensor
// twice, a tensor beside another neighbour.
// CHECK-LABEL: func.func @copies
// CHECK: %[[A:.*]] = kernel.launch @softmax(%arg0)
// CHECK: %[[X:.*]] = kernel.launch @copy(%arg0) {storage = [#kernel.storage<arena, [[P:.*]]item = 48>]}
// CHECK: %[[A2:.*]] = kernel.launch @copy(%[[A]]) {storage = [#kernel.storage<arena, {{.*}}offset = 128, item = 48>]}
// CHECK: %[[L:.*]] = kernel.concat %[[X]], %[[A]], %[[A2]]
// CHECK: %[[A3:.*]] = kernel.launch @copy(%[[A]])
// CHECK: kernel.concat %[[A3]], %{{.*}} :
// CHECK-LABEL: kernel.func private @copy(
// CHECK-SAME: schedule = #kernel.pointwise<lanes = 8>
// CHECK: nn.identity
kernel.func private @softmax(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = nn.softmax %x : (tensor<?x16xf32>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
kernel.func private @join(%x: tensor<?x48xf32>, %y: tensor<?x32xf32>) -> tensor<?x48xf32> {
  %0 = nn.pad %y {padding = array<i64: 0, 16>} : (tensor<?x32xf32>) -> tensor<?x48xf32>
  %1 = nn.add %x, %0 : (tensor<?x48xf32>, tensor<?x48xf32>) -> tensor<?x48xf32>
  kernel.return %1 : tensor<?x48xf32>
}
func.func @copies(%x: tensor<?x16xf32>) -> tensor<?x48xf32> {
  %a = kernel.launch @softmax(%x) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %l = kernel.concat %x, %a, %a : (tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x48xf32>
  %b = kernel.launch @softmax(%a) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %r = kernel.concat %a, %b : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x32xf32>
  %d = kernel.launch @join(%l, %r) : (tensor<?x48xf32>, tensor<?x32xf32>) -> tensor<?x48xf32>
  return %d : tensor<?x48xf32>
}

// -----

// Outputs: read again later, twice the same, the input itself, a view of the
// input, part of another output.
// CHECK-LABEL: func.func @outputs
// CHECK: %[[A:.*]] = kernel.launch @sigmoid(%arg0) {storage = [#kernel.storage<output, item = 16>]}
// CHECK: %[[B:.*]] = kernel.launch @sigmoid(%[[A]]) {storage = [#kernel.storage<output, index = 4, item = 32>]}
// CHECK: %[[C:.*]] = kernel.launch @sigmoid(%[[B]]) {storage = [#kernel.storage<output, index = 4, offset = 64, item = 32>]}
// CHECK: kernel.concat %[[B]], %[[C]] {storage = [#kernel.storage<output, index = 4, item = 32>]}
// CHECK: %[[V:.*]] = kernel.view %arg0 {storage = [#kernel.storage<input, item = 16>]}
// CHECK: %[[A1:.*]] = kernel.launch @copy{{.*}}(%[[A]]) {storage = [#kernel.storage<output, index = 1, item = 16>]}
// CHECK: %[[X2:.*]] = kernel.launch @copy{{.*}}(%arg0) {storage = [#kernel.storage<output, index = 2, item = 16>]}
// CHECK: %[[V3:.*]] = kernel.launch @copy{{.*}}(%[[V]]) {storage = [#kernel.storage<output, index = 3, item = 16>]}
// CHECK: %[[B5:.*]] = kernel.launch @copy{{.*}}(%[[B]]) {storage = [#kernel.storage<output, index = 5, item = 16>]}
// CHECK: return %[[A]], %[[A1]], %[[X2]], %[[V3]], %{{.*}}, %[[B5]]
kernel.func private @sigmoid(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = nn.sigmoid %x : (tensor<?x16xf32>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
func.func @outputs(%x: tensor<?x16xf32>) -> (tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x4x4xf32>, tensor<?x32xf32>, tensor<?x16xf32>) {
  %a = kernel.launch @sigmoid(%x) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %b = kernel.launch @sigmoid(%a) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %c = kernel.launch @sigmoid(%b) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %bc = kernel.concat %b, %c : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x32xf32>
  %v = kernel.view %x : tensor<?x16xf32> to tensor<?x4x4xf32>
  return %a, %a, %x, %v, %bc, %b : tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x4x4xf32>, tensor<?x32xf32>, tensor<?x16xf32>
}

// -----

// A caller's buffer is not aligned enough for what is blocked.
// CHECK-LABEL: func.func @blocked
// CHECK: %[[A:.*]] = kernel.launch @softmax(%arg0) {storage = [#kernel.storage<arena, item = 16>]}
// CHECK: %[[V:.*]] = kernel.view %[[A]] {storage = [#kernel.storage<arena, item = 16>]}
// CHECK: kernel.launch @copy(%[[V]]) {storage = [#kernel.storage<output, item = 16>]}
kernel.func private @softmax(%x: tensor<?x16xf32>) -> tensor<?x16xf32, #kernel.blocked<16>> {
  %0 = nn.softmax %x : (tensor<?x16xf32>) -> tensor<?x16xf32>
  kernel.return %0 : tensor<?x16xf32>
}
func.func @blocked(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %a = kernel.launch @softmax(%x) : (tensor<?x16xf32>) -> tensor<?x16xf32, #kernel.blocked<16>>
  %v = kernel.view %a : tensor<?x16xf32, #kernel.blocked<16>> to tensor<?x16xf32>
  return %v : tensor<?x16xf32>
}

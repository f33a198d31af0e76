// RUN: %dlc-opt %s --kernel-plan-memory --kernel-lower-to-driver | FileCheck %s

// Two launches on prebuilt descriptors of 56 bytes: equal ones are one, frames
// are filled before their producer, results are tested, steps are traced. A run
// is that of all steps, or of some that follow each other.
// CHECK: llvm.mlir.global internal constant @net.table(dense<"0x646C636D6F64656C0300000000000000{{.*}}"> : tensor<[[LENGTH:[0-9]+]]xi64>) {{.*}}section = ".rodata.dlc.table"
// CHECK: llvm.mlir.global internal constant @net.strings("\00net\00image\00prob\00conv\00pool\00")
// CHECK: llvm.mlir.global internal constant @net.weights({{.*}}section = ".lrodata.dlc"{{.*}} : !llvm.array<64 x i8>
// CHECK: llvm.func @net.kernel.conv(!llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr) -> i32
// CHECK: llvm.func @dlc_rt_fill_halo(!llvm.ptr, !llvm.ptr, i32, i32, i32, i32, f32)
// CHECK-LABEL: llvm.func internal @net.run(
// CHECK-SAME: %[[CONTEXT:.*]]: !llvm.ptr, %[[BUFFERS:.*]]: !llvm.ptr, %[[TRACE:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i32, %[[END:.*]]: i32) -> i32
// CHECK: %[[ZERO:.*]] = llvm.mlir.constant(0 : i32)
// CHECK: %[[TRACED:.*]] = llvm.icmp "ne" %[[TRACE]], %{{.*}} : !llvm.ptr
// CHECK: llvm.switch %[[BEGIN]] : i32, ^[[EXIT:.*]](%[[ZERO]] : i32) [
// CHECK: 0: ^[[CONV:bb[0-9]+]],
// CHECK: 1: ^[[POOL:bb[0-9]+]]
// CHECK: ^[[CONV]]:
// CHECK: %[[FRAME:.*]] = llvm.getelementptr inbounds %[[BUFFERS]][2] : (!llvm.ptr) -> !llvm.ptr, !llvm.array<56 x i8>
// CHECK: llvm.call @dlc_rt_fill_halo(%[[CONTEXT]], %[[FRAME]],
// CHECK: %[[W:.*]] = llvm.getelementptr inbounds %[[BUFFERS]][1]
// CHECK: %[[Y:.*]] = llvm.getelementptr inbounds %[[BUFFERS]][2]
// CHECK: %[[RESULT:.*]] = llvm.call @net.kernel.conv(%[[CONTEXT]], %[[BUFFERS]], %[[W]], %[[Y]])
// CHECK: %[[FAILED:.*]] = llvm.icmp "ne" %[[RESULT]], %[[ZERO]]
// CHECK: llvm.cond_br %[[FAILED]], ^[[EXIT]](%[[RESULT]] : i32), ^[[DONE:.*]]
// CHECK: ^[[DONE]]:
// CHECK: llvm.cond_br %[[TRACED]], ^[[TRACING:.*]], ^[[NEXT:.*]]
// CHECK: ^[[TRACING]]:
// CHECK: llvm.call %[[TRACE]](%[[CONTEXT]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32) -> ()
// CHECK: ^[[NEXT]]:
// CHECK: %[[LAST:.*]] = llvm.icmp "eq" %[[END]], %{{.*}} : i32
// CHECK: llvm.cond_br %[[LAST]], ^[[EXIT]](%[[ZERO]] : i32), ^[[POOL]]
// CHECK: ^[[POOL]]:
// CHECK: llvm.call @net.kernel.pool(
// CHECK: llvm.br ^[[EXIT]](%[[ZERO]] : i32)
// CHECK: ^[[EXIT]](%[[CODE:.*]]: i32):
// CHECK-NEXT: llvm.return %[[CODE]]

// The model is all that can be seen.
// CHECK: llvm.mlir.global external constant @net_model() {{.*}}: !llvm.struct<(ptr, ptr, ptr, ptr, ptr)>
// CHECK: llvm.mlir.addressof @net.table
// CHECK: llvm.mlir.addressof @net.strings
// CHECK: llvm.mlir.addressof @net.run
// CHECK: llvm.mlir.addressof @net.weights
// CHECK-NOT: kernel.func
module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "sse3,avx2", vector_bytes = 32 : i64}} {
  kernel.func private @conv(%x: tensor<?x3x8x8xf32>, %w: tensor<8x3x1x1xf32, #kernel.weights<direct, lanes = 8>>) -> tensor<?x8x8x8xf32, #kernel.blocked<8, halo = [1, 1, 1, 1]>> attributes {kernel.scratch = {worker = 100 : i64, caller = 64 : i64, caller_scaled = 0 : i64, parallel = true}} {
    %0 = nn.conv2d %x, %w {kernel_size = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<8x3x1x1xf32, #kernel.weights<direct, lanes = 8>>) -> tensor<?x8x8x8xf32>
    kernel.return %0 : tensor<?x8x8x8xf32>
  }
  kernel.func private @pool(%x: tensor<?x8x8x8xf32, #kernel.blocked<8, halo = [1, 1, 1, 1]>>) -> tensor<?x8x1x1xf32> {
    %0 = nn.global_avg_pool2d %x : (tensor<?x8x8x8xf32, #kernel.blocked<8, halo = [1, 1, 1, 1]>>) -> tensor<?x8x1x1xf32>
    kernel.return %0 : tensor<?x8x1x1xf32>
  }
  func.func @net(%image: tensor<?x3x8x8xf32> {nn.name = "image"}) -> (tensor<?x8x1x1xf32> {nn.name = "prob"}) {
    %w = nn.parameter "w" : tensor<8x3x1x1xf32>
    %p = kernel.pack %w : tensor<8x3x1x1xf32> to tensor<8x3x1x1xf32, #kernel.weights<direct, lanes = 8>>
    %0 = kernel.launch @conv(%image, %p) : (tensor<?x3x8x8xf32>, tensor<8x3x1x1xf32, #kernel.weights<direct, lanes = 8>>) -> tensor<?x8x8x8xf32, #kernel.blocked<8, halo = [1, 1, 1, 1]>>
    %1 = kernel.launch @pool(%0) {layers = "pool"} : (tensor<?x8x8x8xf32, #kernel.blocked<8, halo = [1, 1, 1, 1]>>) -> tensor<?x8x1x1xf32>
    return %1 : tensor<?x8x1x1xf32>
  }
}

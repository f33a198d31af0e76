// A tile of 6 pixels by 2 blocks of channels stays in registers over the whole
// reduction; the residual, the activation and the store follow in the same step.
// RUN: %build/bin/dlc-kernel --statement < %s | FileCheck %s
// RUN: %build/bin/dlc-kernel --assembly < %s | FileCheck %s --check-prefix=ASM

module attributes {kernel.target = {triple = "x86_64-unknown-linux-gnu", features = "sse4.1,avx,f16c,fma,avx2", vector_bytes = 32 : i64}} {
  kernel.func private @conv(%x: tensor<?x16x12x12xf32, #kernel.blocked<8, halo = [1, 1, 1, 1]>>,
                            %w: tensor<16x16x3x3xf32, #kernel.weights<direct, lanes = 8, inLanes = 8>>,
                            %b: tensor<16xf32, #kernel.weights<channels, lanes = 8>>,
                            %r: tensor<?x16x12x12xf32, #kernel.blocked<8>>)
      -> tensor<?x16x12x12xf32, #kernel.blocked<8>>
      attributes {schedule = #kernel.direct_conv<tileX = 6, tileC = 2>} {
    %0 = nn.conv2d %x, %w, %b {kernel_size = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>}
       : (tensor<?x16x12x12xf32, #kernel.blocked<8, halo = [1, 1, 1, 1]>>, tensor<16x16x3x3xf32, #kernel.weights<direct, lanes = 8, inLanes = 8>>,
          tensor<16xf32, #kernel.weights<channels, lanes = 8>>) -> tensor<?x16x12x12xf32>
    %1 = nn.add %0, %r : (tensor<?x16x12x12xf32>, tensor<?x16x12x12xf32, #kernel.blocked<8>>) -> tensor<?x16x12x12xf32>
    %2 = nn.relu %1 : (tensor<?x16x12x12xf32>) -> tensor<?x16x12x12xf32>
    kernel.return %2 : tensor<?x16x12x12xf32>
  }
}

// CHECK: parallel (
// CHECK: allocate conv2d_sum[float32 * 96] in Register
// CHECK: for (conv2d_sum.s1.window$w, 0, 2)
// CHECK: for (conv2d_sum.s1.window$z, 0, 3)
// CHECK: for (conv2d_sum.s1.window$y, 0, 3)
// CHECK: for (conv2d_sum.s1.window$x, 0, 8)
// CHECK-NOT: for (
// CHECK: result0[
// CHECK-NOT: allocate

// ASM-DAG: conv:
// ASM-DAG: vfmadd

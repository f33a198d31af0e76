// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{'kernel.func' op expects its block's arguments to be 'tensor<?x8xf32>'}}
"kernel.func"() <{sym_name = "func_c1", function_type = (tensor<?x8xf32>) -> tensor<?x8xf32>}> ({
^bb0(%x: tensor<?x9xf32>):
  kernel.return %x : tensor<?x9xf32>
}) : () -> ()

// -----

kernel.func @func_c2(%x: tensor<?x8xf32>) -> tensor<?x9xf32, #kernel.blocked<16>> {
  // expected-error@+1 {{'kernel.return' op expects operands 'tensor<?x9xf32, #kernel.blocked<16>>' up to their layouts}}
  kernel.return %x : tensor<?x8xf32>
}

// -----

kernel.func @func_c2(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  // expected-error@+1 {{'kernel.return' op expects operands}}
  kernel.return %x : tensor<?x8xf32>
}

// -----

func.func @launch_c1(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'kernel.launch' op expects a kernel.func named @missing}}
  %0 = kernel.launch @missing(%x) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

// expected-note@+1 {{the kernel is '(tensor<?x8xf32>) -> tensor<?x8xf32, #kernel.blocked<16>>'}}
kernel.func @copy(%x: tensor<?x8xf32>) -> tensor<?x8xf32, #kernel.blocked<16>> {
  kernel.return %x : tensor<?x8xf32>
}
func.func @launch_c1(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'kernel.launch' op differs in type from the kernel it launches}}
  %0 = kernel.launch @copy(%x) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

kernel.func @copy(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  kernel.return %x : tensor<?x8xf32>
}
func.func @launch_c2(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'kernel.launch' op expects one #kernel.storage for each result}}
  %0 = kernel.launch @copy(%x) {storage = []} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @concat_c1(%a: tensor<?x32x8x8xf32, #kernel.blocked<16>>, %b: tensor<?x32x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>) {
  // expected-error@+1 {{'kernel.concat' op expects inputs in the layout of the result}}
  %0 = kernel.concat %a, %b : (tensor<?x32x8x8xf32, #kernel.blocked<16>>, tensor<?x32x8x8xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>) -> tensor<?x64x8x8xf32, #kernel.blocked<16>>
  return
}

// -----

func.func @concat_c2(%a: tensor<?x20x8x8xf32, #kernel.blocked<16>>) {
  // expected-error@+1 {{'kernel.concat' op expects inputs of a multiple of 16 channels}}
  %0 = kernel.concat %a, %a : (tensor<?x20x8x8xf32, #kernel.blocked<16>>, tensor<?x20x8x8xf32, #kernel.blocked<16>>) -> tensor<?x40x8x8xf32, #kernel.blocked<16>>
  return
}

// -----

func.func @concat_sum(%a: tensor<?x20x8x8xf32>) {
  // expected-error@+1 {{'kernel.concat' op expects 41 channels in all but got 40}}
  %0 = kernel.concat %a, %a : (tensor<?x20x8x8xf32>, tensor<?x20x8x8xf32>) -> tensor<?x41x8x8xf32>
  return
}

// -----

// Pad lanes count.
func.func @view_c1(%x: tensor<?x20x1x1xf32, #kernel.blocked<16>>) {
  // expected-error@+1 {{'kernel.view' op expects views of equal size but got 32 and 20 elements}}
  %0 = kernel.view %x : tensor<?x20x1x1xf32, #kernel.blocked<16>> to tensor<?x20xf32>
  return
}

// -----

func.func @pack_shape(%w: tensor<20x3x3x3xf32>) {
  // expected-error@+1 {{'kernel.pack' op expects the result to be the input in another layout}}
  %0 = kernel.pack %w : tensor<20x3x3x3xf32> to tensor<20x3x5x5xf32, #kernel.weights<direct, lanes = 16>>
  return
}

// -----

func.func @pack_layout(%w: tensor<20x3x3x3xf32>) {
  // expected-error@+1 {{'kernel.pack' op expects a result of layout #kernel.weights}}
  %0 = kernel.pack %w : tensor<20x3x3x3xf32> to tensor<20x3x3x3xf32, #kernel.blocked<16>>
  return
}

// -----

// expected-error@+1 {{'kernel.func' op expects tensors of rank 1 or more but got 'i32'}}
kernel.func @scalar(%x: i32) -> tensor<8xf32> {
  %0 = nn.parameter "w" : tensor<8xf32>
  kernel.return %0 : tensor<8xf32>
}

// -----

// expected-error@+1 {{'kernel.func' op expects static dimensions of a tensor except for the batch but got [?, ?]}}
kernel.func @open(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  kernel.return %x : tensor<?x?xf32>
}

// -----

// expected-error@+1 {{'kernel.func' op expects a layout for shape [?, 8, 4] but got #kernel.blocked<16>}}
kernel.func @blocked(%x: tensor<?x8x4xf32>) -> tensor<?x8x4xf32, #kernel.blocked<16>> {
  kernel.return %x : tensor<?x8x4xf32>
}

// -----

func.func @depthwise(%w: tensor<20x3x3x3xf32>) {
  // expected-error@+1 {{'kernel.pack' op expects a layout for shape [20, 3, 3, 3] but got #kernel.weights<depthwise, lanes = 16>}}
  %0 = kernel.pack %w : tensor<20x3x3x3xf32> to tensor<20x3x3x3xf32, #kernel.weights<depthwise, lanes = 16>>
  return
}

// -----

func.func @winograd(%w: tensor<20x3x5x5xf32>) {
  // expected-error@+1 {{'kernel.pack' op expects a layout for shape [20, 3, 5, 5] but got #kernel.weights<winograd, lanes = 16, tile = 4>}}
  %0 = kernel.pack %w : tensor<20x3x5x5xf32> to tensor<20x3x5x5xf32, #kernel.weights<winograd, lanes = 16, tile = 4>>
  return
}

// -----

func.func @view_of_scalar(%x: tensor<f32>) {
  // expected-error@+1 {{'kernel.view' op expects tensors of rank 1 or more but got 'tensor<f32>'}}
  %0 = kernel.view %x : tensor<f32> to tensor<f32>
  return
}

// -----

func.func @concat_of_vectors(%x: tensor<8xf32>) {
  // expected-error@+1 {{'kernel.concat' op expects tensors of one rank, 2 or more, but got 'tensor<8xf32>' and 'tensor<16xf32>'}}
  %0 = kernel.concat %x, %x : (tensor<8xf32>, tensor<8xf32>) -> tensor<16xf32>
  return
}

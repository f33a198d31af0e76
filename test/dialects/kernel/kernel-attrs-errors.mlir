// RUN: %dlc-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{expects 1 to 64 lanes but got 0}}
func.func private @lanes(tensor<?x64x8x8xf32, #kernel.blocked<0>>)

// -----

// expected-error@+1 {{expects a halo of 4 numbers, [top, left, bottom, right], but got 2}}
func.func private @halo(tensor<?x64x8x8xf32, #kernel.blocked<16, halo = [1, 1]>>)

// -----

// expected-error@+1 {{expects a halo of 0 to 1024}}
func.func private @halo(tensor<?x64x8x8xf32, #kernel.blocked<16, halo = [1, 1, -1, 1]>>)

// -----

// expected-error@+1 {{expects 1 to 64 lanes but got 16 and 65}}
func.func private @lanes(tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, inLanes = 65>>)

// -----

// expected-error@+1 {{expects a tile of 2, 4 or 6 for form winograd alone but got 3}}
func.func private @tile(tensor<64x64x3x3xf32, #kernel.weights<winograd, lanes = 16, inLanes = 16, tile = 3>>)

// -----

// expected-error@+1 {{expects a tile of 2, 4 or 6 for form winograd alone but got 4}}
func.func private @tile(tensor<64x64x3x3xf32, #kernel.weights<direct, lanes = 16, tile = 4>>)

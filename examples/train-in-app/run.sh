#!/usr/bin/env bash
# Sets the machine up, builds dlc, compiles the network with its training step to an object file and links a C program
# with it that trains. Fails below 97% accuracy.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=examples/train-in-app out=build/examples/train-in-app

tools/setup.sh
[ -x build/bin/dlc ] && [ -e build/lib/libdlc_runtime.a ] || tools/build.sh dlc dlc_runtime

mkdir -p $out
build/bin/dlc compile $here/shapes.json --train -o $out/shapes.o
cc -O2 -Wall -I $out -I runtime/include $here/main.c $out/shapes.o -L build/lib -ldlc_runtime -lm -pthread -o $out/shapes
$out/shapes $out/shapes-trained.safetensors

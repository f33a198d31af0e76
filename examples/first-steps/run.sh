#!/usr/bin/env bash
# Sets the machine up, builds dlc, and lets a C program train a perceptron and a network with a hidden layer.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=examples/first-steps out=build/examples/first-steps

tools/setup.sh
[ -x build/bin/dlc ] && [ -e build/lib/libdlc_runtime.a ] || tools/build.sh dlc dlc_runtime

mkdir -p $out
for network in perceptron xor; do
  build/bin/dlc compile $here/$network.json --train -o $out/$network.o
done
cc -O2 -Wall -I $out -I runtime/include $here/main.c $out/perceptron.o $out/xor.o -L build/lib -ldlc_runtime -lm -pthread \
  -o $out/first-steps
$out/first-steps

#!/usr/bin/env bash
# From nothing to a C program that reads handwriting: sets the machine up, builds dlc, trains the network, compiles it
# to an object file, links a program with it and shows it the 360 digits that it was not trained on.
# Fails below 97% accuracy.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=examples/digits out=build/examples/digits

tools/setup.sh
[ -x build/bin/dlc ] && [ -e build/lib/libdlc_runtime.a ] || tools/build.sh dlc dlc_runtime

mkdir -p $out
build/venv/bin/python $here/data.py $out/digits.npz $out/held-out.csv
build/bin/dlc train $here/digits.json --data $out/digits.npz --epochs 60 --batch 32 --shift 1 --validation 0 \
  -o $out/digits.safetensors
build/bin/dlc compile $here/digits.json --weights $out/digits.safetensors -o $out/digits.o
cc -O2 -Wall -I $out -I runtime/include $here/main.c $out/digits.o -L build/lib -ldlc_runtime -lm -pthread -o $out/digits
status=0
$out/digits $out/held-out.csv || status=$?
echo "examples/digits took $SECONDS seconds"
exit $status

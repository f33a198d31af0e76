#!/usr/bin/env bash
# Times networks on a GPU. What runs there is built on another machine: no compiler is needed, and no Python but for PyTorch.
#   test/benchmark/gpu.sh build FOLDER [NETWORK ...]   programs, weights, inputs and the CPU's results, all into FOLDER;
#                                                      vgg16, resnet50 and mobilenetv1 unless given
#   FOLDER/gpu.sh run [DEVICE]                         there: checks and times them on DEVICE, cuda unless given, and
#                                                      PyTorch where there is one with CUDA; prints a table (Markdown)
# BATCHES ("1 32"), DEVICES ("cuda,opencl", what is built for), SECONDS_EACH (3) and PYTHON (python3) change what is done.
set -euo pipefail

usage() {
  sed -n '2,7s/^# \?//p' "$0" >&2
  exit 2
}

build() {
  local folder=$1 root
  shift
  root=$(cd "$(dirname "$0")/../.." && pwd)
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  cp "$root/test/benchmark/gpu.sh" "$root/test/benchmark/gpu_torch.py" "$folder/"
  echo "${BATCHES:-1 32}" >"$folder/batches"
  : >"$folder/networks"
  for network in "${@:-vgg16 resnet50 mobilenetv1}"; do
    for name in $network; do
      build_network "$root" "$folder" "$name"
      echo "$name" >>"$folder/networks"
    done
  done
}

build_network() {
  local root=$1 folder=$2/$3 name=$3 python=$1/build/venv/bin/python
  rm -rf "$folder" && mkdir "$folder"
  # Without the softmax, whose result would be a one and zeros; as a list of layers, for PyTorch.
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/test/end-to-end "$python" - "$root/examples/zoo/$name.json" "$folder" <<'END'
import dataclasses, json, sys
from pathlib import Path
import network_file, zoo
path, folder = map(Path, sys.argv[1:])
file = zoo.without_softmax(path)
file["name"] = "network"
(folder / "network.json").write_text(json.dumps(file))
network = network_file.expand(file)
(folder / "layers.json").write_text(json.dumps({"inputs": network.inputs, "outputs": network.outputs,
                                               "layers": [dataclasses.asdict(layer) for layer in network.layers]}))
END
  "$root/build/bin/dlc" compile "$folder/network.json" --gpu "${DEVICES:-cuda,opencl}" --external-weights -o "$folder/network.o" >&2
  ${CC:-cc} -O2 -I"$folder" -I"$root/runtime/include" "$root/test/benchmark/gpu.c" "$folder/network.o" \
    "$root/build/lib/libdlc_runtime.a" -lm -pthread -ldl -o "$folder/network"
  rm "$folder/network.o" "$folder/network.h"
  for batch in $(cat "$2/batches"); do
    "$folder/network" expect "$folder" "$batch" >&2
  done
  echo "$name: $(du -sh "$folder" | cut -f1)" >&2
}

run() {
  local folder device=${1:-cuda} seconds=${SECONDS_EACH:-3} title
  folder=$(cd "$(dirname "$0")" && pwd)
  [ -f "$folder/networks" ] || usage
  title=$("$folder/$(head -n1 "$folder/networks")/network" device "$device")
  echo "$title, fp32; median ms of a run, from memory of the host to memory of the host."
  echo
  echo "| network | batch | dlc | PyTorch | PyTorch / dlc | apart from the CPU |"
  echo "|---|---|---|---|---|---|"
  while read -r name; do
    for batch in $(cat "$folder/batches"); do
      local dlc torch=– ratio=–
      # "MS DISTANCE"; ends with an error where the results are not those of the CPU.
      dlc=$("$folder/$name/network" time "$folder/$name" "$batch" "$device" "$seconds")
      if [ "${device%%:*}" = cuda ] && torch=$("${PYTHON:-python3}" "$folder/gpu_torch.py" "$folder/$name" "$batch" "$device" "$seconds"); then
        ratio=$(echo "$torch ${dlc% *}" | awk '{ printf "%.2f", $1 / $2 }')
      else
        torch=–
      fi
      echo "| $name | $batch | ${dlc% *} | $torch | $ratio | ${dlc#* } |"
    done
  done <"$folder/networks"
}

case ${1:-} in
build) [ $# -ge 2 ] || usage && shift && build "$@" ;;
run) shift && run "$@" ;;
*) usage ;;
esac

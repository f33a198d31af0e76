#!/usr/bin/env bash
# Configures and builds what tools/setup.sh has set up.
#   tools/build.sh [-D...] [TARGET ...]     the optimised build in build/
#   PRESET=debug tools/build.sh             another one of CMakePresets.json
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${PRESET:-release}
definitions=() targets=()
for word in "$@"; do
  case $word in
  -D*) definitions+=("$word") ;;
  *) targets+=("$word") ;;
  esac
done
cmake=build/venv/bin/cmake
"$cmake" --preset "$preset" --log-level=WARNING ${definitions[@]+"${definitions[@]}"}
"$cmake" --build --preset "$preset" ${targets[@]+--target "${targets[@]}"}

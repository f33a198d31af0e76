#!/usr/bin/env bash
# Runs all tests, from whatever state the machine is in: sets it up, builds, tests.
#   test/run.sh               everything but the sanitizers
#   test/run.sh --quick       without the tests that take long (REQUIRES: slow)
#   test/run.sh --sanitize    with the sanitizers too: importer, runtime and data under address and undefined behaviour,
#                             runtime and the loader of data under threads
#   test/run.sh --werror      warnings are errors
#   test/run.sh [...] PATH... only the tests in these files or folders of test/
# Ends with how long it took and a line `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "$0")/.."

quick= sanitize= werror=OFF paths=()
for word in "$@"; do
  case $word in
  --quick) quick=yes ;;
  --sanitize) sanitize=yes ;;
  --werror) werror=ON ;;
  -*)
    sed -n '2,9s/^# \?//p' "$0" >&2
    exit 2
    ;;
  *) paths+=("$word") ;;
  esac
done

results=build/test-results
rm -rf $results && mkdir -p $results

# run_lit NAME BUILD-TREE PATH...: runs tests, by their paths in test/; what failed does not end the script.
run_lit() {
  local name=$1 tree=$2
  shift 2
  build/venv/bin/python /usr/lib/llvm-22/bin/lit -v --order=smart ${quick:+--param quick=1} \
    --param dlc="$PWD/build/bin/dlc" --xunit-xml-output "$results/$name.xml" "${@/#/$tree/test/}" || true
}

tools/setup.sh --tests
tools/build.sh -DDLC_WERROR=$werror all
echo "built after $SECONDS seconds"

[ ${#paths[@]} -gt 0 ] || paths=(.)
run_lit release build "${paths[@]}"
echo "tested after $SECONDS seconds"

if [ -n "$sanitize" ]; then
  # The C++ library, MLIR and Halide are not instrumented: their arenas must not be poisoned by our half of them.
  export ASAN_OPTIONS=allow_user_poisoning=0:detect_stack_use_after_return=1
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  export TSAN_OPTIONS=halt_on_error=1
  PRESET=sanitize tools/build.sh dlc-import-test dlc-network-fuzz dlc-runtime-tests dlc-tools-tests
  run_lit sanitize build/sanitize runtime compiler/importer fuzz/network.test tools/{checkpoint,curves,dataset,loader,train-progress}.test
  PRESET=thread-sanitize tools/build.sh dlc-runtime-tests dlc-tools-tests
  run_lit thread-sanitize build/thread-sanitize runtime tools/loader.test
  echo "tested under the sanitizers after $SECONDS seconds"
fi

echo "test/run.sh took $SECONDS seconds"
build/venv/bin/python test/summary.py $results/*.xml

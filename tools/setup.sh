#!/usr/bin/env bash
# Installs what dlc is built with: packages of Debian 12 (as root or with sudo) and a Python environment in build/venv.
#   tools/setup.sh            for building dlc and running the examples
#   tools/setup.sh --tests    for the tests as well
# Does nothing, and quickly, where all of it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  g++ ninja-build ccache
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools lld-22 liblld-22-dev
  nlohmann-json3-dev zlib1g-dev libzstd-dev libgtest-dev
  libpng-dev libturbojpeg0-dev
  python3-venv
)
requirements=(tools/requirements.txt)
case "${1:-}" in
'') ;;
--tests)
  # The cross compiler and the emulator are for --target aarch64-linux, clang for the fuzz targets; PoCL runs OpenCL
  # on the processor; Chromium looks at reports.
  packages+=(graphviz gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user clang-22 libclang-rt-22-dev
             pocl-opencl-icd ocl-icd-libopencl1 chromium)
  requirements+=(tools/requirements-tests.txt)
  ;;
*)
  sed -n '2,5s/^# \?//p' "$0" >&2
  exit 2
  ;;
esac

fail() {
  echo "setup: $*" >&2
  exit 3
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

installed() {
  [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = 'install ok installed' ]
}

# What the package managers say goes to a file, and to the screen where they fail.
log=build/setup.log
mkdir -p build
quietly() {
  "$@" >"$log" 2>&1 || { cat "$log" >&2; fail "this failed: $*"; }
}

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail "this is not a Debian system; please install: ${missing[*]}"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "please install as root: apt-get install ${missing[*]}"
  echo "setup: installing ${missing[*]}"
  # Certificates that someone put here without the package ca-certificates, a proxy's say, would be lost when that
  # package comes along with the others: here it looks for what is to be kept.
  bundle=/etc/ssl/certs/ca-certificates.crt
  if [ -f $bundle ] && ! installed ca-certificates; then
    as_root install -D -m 644 $bundle /usr/local/share/ca-certificates/kept-by-dlc-setup.crt
  fi
  apt=(apt-get -o DPkg::Lock::Timeout=300 -qq)
  quietly as_root "${apt[@]}" update
  quietly as_root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
fi

# The environment remembers what was installed into it. It is made anew where it does not run (another Python has come)
# and where its scripts point elsewhere (the checkout has moved).
venv=build/venv
if ! "$venv/bin/python" -c 'import pip' 2>/dev/null || ! grep -qF "$PWD/$venv/" "$venv/bin/pip" 2>/dev/null; then
  echo "setup: making the Python environment $venv"
  rm -rf "$venv"
  quietly /usr/bin/python3 -m venv "$venv"
fi
for file in "${requirements[@]}"; do
  done_file=$venv/$(basename "$file").installed
  cmp -s "$file" "$done_file" && continue
  echo "setup: installing $(grep -v '^#' "$file" | tr '\n' ' ')into $venv"
  quietly "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$file"
  cp "$file" "$done_file"
done
echo "setup: all there"

# How lit runs the tests: tests are .mlir and .test files; what they call comes from the build tree.
import ctypes
import os
import platform
import shutil
import sys

import lit.formats
import lit.util

config.name = "dlc"
config.test_format = lit.formats.ShTest(execute_external=True)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.join(config.dlc_source_dir, "test")
config.test_exec_root = os.path.join(config.dlc_binary_dir, "test")

tools_dir = os.path.join(config.dlc_binary_dir, "bin")
shared_dir = os.path.join(os.path.dirname(config.dlc_source_dir), "shared")

#===----------------------------------------------------------------------===#
# Environment
#===----------------------------------------------------------------------===#

config.environment["PATH"] = os.pathsep.join([tools_dir, config.llvm_tools_dir, config.environment["PATH"]])
config.environment["FILECHECK_OPTS"] = "-enable-var-scope --allow-unused-prefixes=false"
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
# Tests have a cache of their own, which a second run finds filled.
config.environment["XDG_CACHE_HOME"] = os.path.join(config.test_exec_root, "cache")
config.environment["XDG_DATA_HOME"] = os.path.join(config.test_exec_root, "data")
config.environment["POCL_CACHE_DIR"] = os.path.join(config.test_exec_root, "pocl-cache")
for name in ["ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "CCACHE_DIR"]:
    if name in os.environ:
        config.environment[name] = os.environ[name]

#===----------------------------------------------------------------------===#
# What tests call
#===----------------------------------------------------------------------===#

sanitize = [f"-fsanitize={config.dlc_sanitize}"] if config.dlc_sanitize else []
dlc_opt = [os.path.join(tools_dir, "dlc-opt")]
# Any value but 0 prints and reads back the IR of every test, as text and as bytecode.
if os.environ.get("DLC_VERIFY_ROUNDTRIP", "0") != "0":
    dlc_opt.append("--verify-roundtrip")

substitutions = {
    "%dlc-opt": dlc_opt,
    "%dlc-lsp-server": [os.path.join(tools_dir, "dlc-lsp-server")],
    # A build tree under sanitizers has parts of the compiler only and borrows the whole one.
    "%dlc": [lit_config.params.get("dlc", os.path.join(tools_dir, "dlc"))],
    "%python": [config.python],
    "%cc": [config.c_compiler, *sanitize],
    "%cxx": [config.cxx_compiler, *sanitize],
    # What a program beside a network's object needs: headers and libraries.
    "%runtime": ["-I" + os.path.join(config.dlc_source_dir, "runtime", "include"),
                 os.path.join(config.dlc_binary_dir, "lib", "libdlc_runtime.a"), "-lm", "-pthread"],
    "%cmake": [config.cmake],
    "%source": [config.dlc_source_dir],
    "%build": [config.dlc_binary_dir],
    "%shared": [shared_dir],
    "%llvm-include": [config.llvm_include_dir],
    "%aarch64-cc": ["aarch64-linux-gnu-gcc"],
    "%qemu-aarch64": ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
}
# Longer names first and whole words only: %dlc is no part of %dlc-opt.
for name in sorted(substitutions, key=len, reverse=True):
    config.substitutions.append((name + r"(?![\w-])", " ".join(substitutions[name])))

#===----------------------------------------------------------------------===#
# What tests may require
#===----------------------------------------------------------------------===#

config.available_features.add(platform.machine())  # x86_64, aarch64
try:
    with open("/proc/cpuinfo") as cpuinfo:
        flags = next((line.split() for line in cpuinfo if line.startswith(("flags", "Features"))), [])
except OSError:
    flags = []
if "avx2" in flags and "fma" in flags:
    config.available_features.add("avx2")
if all(flag in flags for flag in ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"]):
    config.available_features.add("avx512")
if shutil.which("aarch64-linux-gnu-gcc") and shutil.which("qemu-aarch64"):
    config.available_features.add("aarch64-cross")
if shutil.which("dot"):
    config.available_features.add("graphviz")
browser = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
if browser:
    config.available_features.add("browser")
    config.substitutions.append(("%browser", browser))
else:
    lit_config.note("tests that require browser are skipped: there is no Chromium on PATH")
try:
    opencl, platforms = ctypes.CDLL("libOpenCL.so.1"), ctypes.c_uint(0)
    if opencl.clGetPlatformIDs(0, None, ctypes.byref(platforms)) == 0 and platforms.value:
        config.available_features.add("opencl")
except OSError:
    pass
if "opencl" not in config.available_features:
    lit_config.note("tests that require opencl are skipped: there is no OpenCL device")
sys.path.append(os.path.join(config.test_source_root, "end-to-end"))
import ptx

if not ptx.find_ptxas():
    lit_config.note("kernels for CUDA are not assembled: there is no ptxas")
if not lit_config.params.get("quick"):
    config.available_features.add("slow")
if config.dlc_sanitize:
    config.available_features.add("sanitizer")
for feature, path in [("shared-data", os.path.join(shared_dir, "data")), ("shared-peers", os.path.join(shared_dir, "peers"))]:
    if os.path.isdir(path):
        config.available_features.add(feature)
    else:
        lit_config.note(f"tests that require {feature} are skipped: there is no {path}")

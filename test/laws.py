"""Checks what keeps the rooms apart and the files readable; prints each breach as path:line: reason.

1. A room of the compiler includes its own files and dialects/, never another room; only pipeline/ and tools/ know
   several. The headers of runtime/include, the ABI, are open to those who read or write what it describes.
2. One room, one foreign library.
3. The same stem everywhere: a pass's file, its test and its option; a layer family's file and its tests.
4. A source file has at most 600 lines, begins with its purpose, and names no machine.

usage: laws.py SOURCE
"""

import re
import subprocess
import sys
from pathlib import Path

MAXIMUM_LINES = 600
CODE = {".c", ".cpp", ".h", ".hpp", ".td"}
SCRIPTS = {".py", ".sh", ".cmake"}

# What a file may include of the project beside its own room: by the longest prefix of its path.
ALLOWED = {
    "dialects/nn": [],
    "dialects/kernel": ["dialects/nn"],
    "compiler": ["dialects"],
    "compiler/importer": ["dialects", "runtime/include"],
    "compiler/halide": ["dialects", "runtime/include"],
    "compiler/driver": ["dialects", "runtime/include"],
    "compiler/object": ["dialects", "runtime/include"],
    "compiler/pipeline": ["dialects", "compiler", "runtime/include"],
    "runtime": [],
    "tools": ["dialects", "compiler", "runtime/include"],
    "examples": ["runtime/include"],
    "test": ["dialects", "compiler", "runtime", "tools"],
}

# Where a foreign library's headers may stand.
FOREIGN = [
    (r"nlohmann/", ["compiler/importer"]),
    (r"google/protobuf/|onnx", ["compiler/importer"]),
    (r"Halide(Buffer|Runtime)?\w*\.h$", ["compiler/halide"]),
    (r"lld/|llvm/(CodeGen|MC|ObjCopy|Object|Target|TargetParser)/|llvm/IR/|mlir/Target/LLVMIR/|mlir/ExecutionEngine/",
     ["compiler/driver", "compiler/object"]),
    # The pipeline names and checks targets; that library generates no code.
    (r"llvm/TargetParser/", ["compiler/pipeline", "compiler/kernels", "tools"]),
]

# Machine paths and registry hosts have no place in a file that others read.
FORBIDDEN = re.compile(
    r"(?<![\w.%$}*-])/(home|root|Users|work|mnt|tmp)/\w+|https?://(localhost|127\.|10\.|192\.168\.)|\b(TODO|FIXME|XXX)\b")
# How a purpose begins, in each language.
PURPOSE = re.compile(r'^(//|#|"""|/\*|;|<!--)')


def files(source):
    try:
        listed = subprocess.run(["git", "-C", source, "ls-files", "--cached", "--others", "--exclude-standard"],
                                capture_output=True, text=True, check=True).stdout.splitlines()
    except (FileNotFoundError, subprocess.CalledProcessError):  # no git, or no checkout: an archive of the sources
        listed = []
    skipped = re.compile(r"(build.*|\.git|\.cache)$")
    paths = [Path(line) for line in listed] or [
        p.relative_to(source) for p in source.rglob("*")
        if not skipped.match(p.relative_to(source).parts[0]) and "__pycache__" not in p.parts]
    return sorted(p for p in paths if (source / p).is_file())


def belongs(path, folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def room(path):
    """The room of a file: compiler/importer, dialects/nn, runtime, tools …"""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("compiler", "dialects") and len(parts) > 2 else parts[0]


def check_includes(path, lines):
    own = room(path)
    allowed = ALLOWED.get(own, ALLOWED.get(own.split("/")[0], []))
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#?\s*include\s*[<"]([^>"]+)[>"]', line)
        if not match:
            continue
        header = match.group(1)
        if re.match(r"(dialects|compiler|runtime|tools|test|examples)/", header):
            if not belongs(header, [own, *allowed]) and not header.endswith(".inc"):
                yield number, f"{own} may not include {header}"
        elif re.match(r"dlc/", header) and not belongs("runtime/include", [own, *allowed]) and own != "runtime":
            yield number, f"{own} may not include {header}"
        if own.split("/")[0] in ("compiler", "dialects", "tools", "runtime"):
            homes = [folders for pattern, folders in FOREIGN if re.match(pattern, header)]
            if homes and not any(belongs(own, folders) for folders in homes):
                yield number, f"{header} belongs to {', '.join(homes[0])} alone"


def check_text(path, lines):
    suffix = Path(path).suffix
    if suffix in CODE | SCRIPTS:
        if len(lines) > MAXIMUM_LINES:
            yield len(lines), f"more than {MAXIMUM_LINES} lines"
        first = next((line for line in lines if not line.startswith("#!")), "")
        if not PURPOSE.match(first) and "/Inputs/" not in path:
            yield 1, "does not begin with its purpose"
    if path != "test/laws.py":
        for number, line in enumerate(lines, 1):
            match = FORBIDDEN.search(line)
            if match:
                yield number, f"names {match.group(0)}"


def kebab(stem):
    """FoldBatchNorm -> fold-batch-norm; BatchNorm2d -> batch-norm2d."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", stem).lower()


def check_stems(source, paths):
    known = {str(p) for p in paths}
    for path in known:
        # A pass: its class is made from Passes.td and its source says which.
        match = re.match(r"compiler/(\w+)/(?:.*/)?(\w+)\.cpp$", path)
        if match and "GEN_PASS_DEF_" in (source / path).read_text(errors="replace"):
            test = f"test/compiler/{match.group(1)}/{kebab(match.group(2))}.mlir"
            if test not in known:
                yield path, f"has no test {test}"
            declared = [p for p in known if re.match(rf"compiler/{match.group(1)}/.*Passes\.td$", p)]
            option = kebab(match.group(2))
            if declared and not any(re.search(rf'Pass<"(\w+-)?{option}"', (source / p).read_text()) for p in declared):
                yield path, f"has no option that ends in {option}"
        match = re.match(r"dialects/nn/layers/(\w+)\.cpp$", path)
        if match:
            for test in [f"test/dialects/nn/{kebab(match.group(1))}{end}.mlir" for end in ("", "-errors")]:
                if test not in known:
                    yield path, f"has no test {test}"


def main():
    source = Path(sys.argv[1]).resolve()
    paths = files(source)
    breaches = []
    for path in map(str, paths):
        suffix = Path(path).suffix
        if suffix in {".npy", ".npz", ".png", ".jpg", ".safetensors", ".gz", ".onnx", ".bin"}:
            continue
        try:
            lines = (source / path).read_text().splitlines()
        except UnicodeDecodeError:
            continue  # malformed on purpose, or data
        if suffix in CODE:
            breaches += [(path, *breach) for breach in check_includes(path, lines)]
        breaches += [(path, *breach) for breach in check_text(path, lines)]
    breaches += [(path, 1, reason) for path, reason in check_stems(source, paths)]
    for path, number, reason in sorted(breaches):
        print(f"{path}:{number}: {reason}")
    print(f"{len(paths)} files, {len(breaches)} breaches")
    return bool(breaches)


if __name__ == "__main__":
    sys.exit(main())

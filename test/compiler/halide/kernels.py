"""Compiles, runs and times single kernels, and compares them with the NumPy reference.

A Kernel is built op by op; its layouts and its schedule are then chosen freely. As a module it serves the tests
beside it; see bench.py for measuring.
"""

import ctypes
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "test" / "end-to-end"))
import reference  # noqa: E402

TARGETS = {
    64: ("x86_64-unknown-linux-gnu", "sse4.1,sse4.2,popcnt,avx,f16c,fma,avx2,bmi,bmi2,lzcnt,avx512f,avx512cd,avx512vl,avx512bw,avx512dq"),
    32: ("x86_64-unknown-linux-gnu", "sse4.1,sse4.2,popcnt,avx,f16c,fma,avx2,bmi,bmi2,lzcnt"),
    16: ("x86_64-unknown-linux-gnu", "sse4.1"),
}

# ---------------------------------------------------------------------------------------------------------------
# Layouts: what lies in memory for a tensor
# ---------------------------------------------------------------------------------------------------------------


def up(a, b):
    return -(-a // b)


@dataclass
class Plain:
    text: str = ""

    def store(self, x):
        return np.ascontiguousarray(x)

    def dims(self, shape):
        return [(0, e) for e in reversed(shape)], 0


@dataclass
class Blocked:
    lanes: int
    halo: tuple = (0, 0, 0, 0)

    @property
    def text(self):
        halo = f", halo = [{', '.join(map(str, self.halo))}]" if any(self.halo) else ""
        return f", #kernel.blocked<{self.lanes}{halo}>"

    def store(self, x):
        l, n, c = self.lanes, x.shape[0], x.shape[1]
        t, left, b, r = self.halo
        padded = np.zeros((n, up(c, l) * l, *x.shape[2:]), x.dtype)
        padded[:, :c] = x
        blocks = np.moveaxis(padded.reshape(n, -1, l, *x.shape[2:]), 2, -1)
        if x.ndim == 4:
            blocks = np.pad(blocks, ((0, 0), (0, 0), (t, b), (left, r), (0, 0)))
        return np.ascontiguousarray(blocks)


@dataclass
class Weights:
    form: str
    lanes: int
    in_lanes: int = 1
    tile: int = 0

    @property
    def text(self):
        parts = [f"lanes = {self.lanes}"]
        if self.in_lanes != 1:
            parts.append(f"inLanes = {self.in_lanes}")
        if self.tile:
            parts.append(f"tile = {self.tile}")
        return f", #kernel.weights<{self.form}, {', '.join(parts)}>"

    def store(self, w):
        l, m = self.lanes, self.in_lanes
        o = w.shape[0]
        if self.form == "channels":
            out = np.zeros((up(o, l) * l,), w.dtype)
            out[:o] = w
            return out.reshape(-1, l)
        w4 = w if w.ndim == 4 else w.reshape(*w.shape, 1, 1)
        i, kh, kw = w4.shape[1:]
        full = np.zeros((up(o, l) * l, up(i, m) * m, kh, kw), w.dtype)
        full[:o, :i] = w4
        if self.form == "winograd":
            g = winograd_g(self.tile)
            full = np.einsum("ya,oiab,xb->oiyx", g, full.astype(np.float64), g).astype(w.dtype)
            s = self.tile + 2
            full = full.reshape(-1, l, up(i, m), m, s * s)
            return np.ascontiguousarray(full.transpose(4, 0, 2, 3, 1))
        full = full.reshape(-1, l, up(i, m), m, kh, kw)
        full = np.ascontiguousarray(full.transpose(0, 2, 4, 5, 3, 1))
        return full.reshape(full.shape[0], kh, kw, l) if self.form == "depthwise" else full


def winograd_g(m):
    """The weights' matrix of F(m, 3) by Toom and Cook's construction, as in dialects/kernel/Winograd.cpp."""
    pairs = {2: [1], 4: [0.5**0.5, 2**0.5], 6: [1, 2, 0.5]}[m]
    points = [0] + [s * p for p in pairs for s in (1, -1)]
    rows = []
    for j, p in enumerate(points):
        scale = np.prod([p - q for k, q in enumerate(points) if k != j])
        rows.append([p**i / scale for i in range(3)])
    return np.array(rows + [[0, 0, 1]], np.float64)


# ---------------------------------------------------------------------------------------------------------------
# Kernels
# ---------------------------------------------------------------------------------------------------------------


@dataclass
class Value:
    name: str
    array: np.ndarray  # with its batch
    is_activation: bool = True  # dimension 0 is the batch
    layout: object = None
    element: str = ""  # where it is not the kernel's


@dataclass
class Kernel:
    """Ops on values. Arrays are the reference's, with the batch as dimension 0."""

    batch: int = 1
    seed: int = 0
    name: str = "kernel"
    dtype: type = np.float32
    arguments: list = field(default_factory=list)
    ops: list = field(default_factory=list)
    results: list = field(default_factory=list)
    count: int = 0
    in_place: object = None  # the argument whose place the first result takes, or one for each result

    def __post_init__(self):
        self.random = np.random.default_rng(self.seed)

    def input(self, *shape, layout=None, array=None, dtype=None):
        if array is None:
            array = self.random.standard_normal((self.batch, *shape)).astype(dtype or self.dtype)
            if dtype in (np.uint8, np.int8):
                array = self.random.integers(0, 255 if dtype == np.uint8 else 127, (self.batch, *shape)).astype(dtype)
        value = Value(f"%arg{len(self.arguments)}", array, True, layout or Plain())
        self.arguments.append(value)
        return value

    def parameter(self, *shape, layout=None, scale=1.0, positive=False, array=None):
        if array is None:
            array = (self.random.standard_normal(shape) * scale).astype(self.dtype)
        if positive:
            array = np.abs(array) + self.dtype(0.5)
        value = Value(f"%arg{len(self.arguments)}", array, False, layout or Plain())
        self.arguments.append(value)
        return value

    def op(self, name, inputs, attributes="", parameters=None, function=None, has_batch=True, element="", **config):
        """Appends an op; `config` is the reference's."""
        parameters = parameters or {}
        wide = lambda a: a.astype(np.float64) if a.dtype.kind == "f" else a  # noqa: E731
        with np.errstate(all="ignore"):
            if function:
                array = function(*[wide(v.array) for v in inputs])
            else:
                array = getattr(reference, name, None) or reference.OPERATORS[name]
                arrays = [wide(v.array) for v in inputs]
                array = array(*arrays, config, {k: wide(v.array) for k, v in parameters.items()})
        result = Value(f"%{self.count}", array, has_batch, element=element)
        self.count += 1
        self.ops.append((result, name, list(inputs) + list(parameters.values()), attributes))
        return result

    def conv(self, x, out, k, stride=1, pad=0, dilation=1, groups=1, bias=True, weight_layout=None, bias_layout=None):
        pair = lambda v: (v, v) if isinstance(v, int) else tuple(v)  # noqa: E731
        k, stride, dilation = pair(k), pair(stride), pair(dilation)
        pad = (pad,) * 4 if isinstance(pad, int) else (pad * 2 if len(pad) == 2 else pad)
        i = x.array.shape[1] // groups
        w = self.parameter(out, i, *k, layout=weight_layout, scale=(i * k[0] * k[1]) ** -0.5)
        parameters = {"weight": w}
        if bias:
            parameters["bias"] = self.parameter(out, layout=bias_layout)
        attributes = ints("kernel_size", k) + ints("stride", stride) + ints("padding", pad) + ints("dilation", dilation)
        attributes += f"groups = {groups} : i64"
        return self.op("conv2d", [x], attributes, parameters, groups=groups, stride=list(stride),
                       dilation=list(dilation), padding=list(pad), kernel_size=list(k))

    def linear(self, x, out, bias=True, weight_layout=None, bias_layout=None):
        i = x.array.shape[-1]
        parameters = {"weight": self.parameter(out, i, layout=weight_layout, scale=i**-0.5)}
        if bias:
            parameters["bias"] = self.parameter(out, layout=bias_layout)
        return self.op("linear", [x], "", parameters)

    def pool(self, x, kind, k, stride=None, pad=0, ceil=False, dilation=1, include=True):
        pair = lambda v: (v, v) if isinstance(v, int) else tuple(v)  # noqa: E731
        k, stride, dilation = pair(k), pair(stride or k), pair(dilation)
        pad = (pad,) * 4 if isinstance(pad, int) else tuple(pad)
        attributes = ints("kernel_size", k) + ints("stride", stride) + ints("padding", pad)
        attributes += f"ceil_mode = {str(ceil).lower()}"
        config = dict(kernel_size=list(k), stride=list(stride), padding=list(pad), ceil_mode=ceil)
        if kind == "max_pool2d":
            attributes += f", dilation = array<i64: {dilation[0]}, {dilation[1]}>"
            config["dilation"] = list(dilation)
        else:
            attributes += f", count_include_pad = {str(include).lower()}"
            config["count_include_pad"] = include
        return self.op(kind, [x], attributes, **config)

    def returns(self, value, layout=None):
        self.results.append((value, layout or Plain()))

    # -----------------------------------------------------------------------------------------------------------

    def type_of(self, value, layout=None, batch="?"):
        shape = list(value.array.shape)
        if value.is_activation and shape:
            shape[0] = batch
        element = {"f4": "f32", "f8": "f64", "u1": "ui8", "i1": "si8", "i4": "i32", "u4": "ui32"}[value.array.dtype.str[1:]]
        if not any(value is argument for argument in self.arguments):
            element = value.element or ("f64" if self.dtype == np.float64 else "f32")
        return f"tensor<{''.join(f'{e}x' for e in shape)}{element}{(layout or Plain()).text}>"

    def text(self, schedule=None, vector_bytes=64):
        triple, features = TARGETS[vector_bytes]
        types = [self.type_of(v, v.layout) for v in self.arguments]
        arguments = ", ".join(f"{v.name}: {t}" for v, t in zip(self.arguments, types))
        results = [self.type_of(v, l) for v, l in self.results]
        lines = [f'module attributes {{kernel.target = {{triple = "{triple}", features = "{features}", '
                 f"vector_bytes = {vector_bytes} : i64}}}} {{"]
        attributes = f" attributes {{schedule = {schedule}}}" if schedule else ""
        lines.append(f"kernel.func private @{self.name}({arguments}) -> ({', '.join(results)}){attributes} {{")
        for result, name, operands, extra in self.ops:
            ins = [self.type_of(v, v.layout) for v in operands]
            extra = f" {{{extra}}}" if extra else ""
            lines.append(f"  {result.name} = nn.{name} {', '.join(v.name for v in operands)}{extra} : "
                         f"({', '.join(ins)}) -> {self.type_of(result)}")
        names = ", ".join(v.name for v, _ in self.results)
        operand_types = [self.type_of(v) if v not in self.arguments else self.type_of(v, v.layout)
                         for v, _ in self.results]
        lines.append(f"  kernel.return {names} : {', '.join(operand_types)}\n}}\n}}")
        return "\n".join(lines)


def ints(name, values):
    return f"{name} = array<i64: {', '.join(map(str, values))}>, "


# ---------------------------------------------------------------------------------------------------------------
# Running
# ---------------------------------------------------------------------------------------------------------------


class Dimension(ctypes.Structure):
    _fields_ = [("min", ctypes.c_int32), ("extent", ctypes.c_int32), ("stride", ctypes.c_int32), ("flags", ctypes.c_uint32)]


class Buffer(ctypes.Structure):
    _fields_ = [("device", ctypes.c_uint64), ("interface", ctypes.c_void_p), ("host", ctypes.c_void_p),
                ("flags", ctypes.c_uint64), ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                ("dimensions", ctypes.c_int32), ("dim", ctypes.POINTER(Dimension)), ("padding", ctypes.c_void_p)]


def allocate(array, gap=0, is_aligned=True):
    """Room for the array with `gap` elements after each item of the batch, at a multiple of 64 bytes or else at one
    that its elements alone allow."""
    item = array[0].size if array.ndim else 1
    count = (item + gap) * (array.shape[0] if array.ndim else 1)
    raw = np.empty(count * array.itemsize + 64 + array.itemsize, np.uint8)
    start = -raw.ctypes.data % 64 + (0 if is_aligned else array.itemsize)
    flat = raw[start : start + count * array.itemsize].view(array.dtype)
    if array.dtype.kind == "f":
        flat[:] = np.nan
    return raw, flat


def describe(array, layout, is_result, gap=0):
    """The storage of `array` in `layout` and its descriptor, as dialects/kernel/Descriptor.h says."""
    stored = layout.store(array)
    raw, flat = allocate(stored, gap, not isinstance(layout, Plain))
    view = flat.reshape(stored.shape[0], -1)[:, : stored[0].size] if stored.ndim else flat
    if not is_result:
        view[:] = stored.reshape(view.shape)
    strides = [int(np.prod(stored.shape[i + 1 :])) for i in range(stored.ndim)]
    if gap:
        strides[0] += gap
    dims = [[0, e, s] for e, s in zip(reversed(stored.shape), reversed(strides))]
    offset = 0
    if isinstance(layout, Blocked) and array.ndim == 4:
        top, left = layout.halo[:2]
        if is_result:
            dims[1][1], dims[2][1] = array.shape[3], array.shape[2]
            offset = left * dims[1][2] + top * dims[2][2]
        else:
            dims[1][0], dims[2][0] = -left, -top
    table = (Dimension * max(1, len(dims)))(*[Dimension(*d, 0) for d in dims])
    code = {"f": 2, "u": 1, "i": 0}[array.dtype.kind]
    buffer = Buffer(0, None, flat.ctypes.data + offset * array.itemsize, 0, code, array.itemsize * 8, 1, len(dims), table, None)
    return buffer, (raw, flat, table, stored.shape, gap)


def read_back(buffer, keep, array, layout):
    """The logical array, and whether all that is around it in storage is as it should be."""
    _, flat, _, shape, gap = keep
    view = flat.reshape(shape[0], -1)[:, : int(np.prod(shape[1:]))].reshape(shape) if shape else flat.reshape(())
    if isinstance(layout, Weights):
        return view.copy(), not view[layout.store(np.ones_like(array)) == 0].any()
    if not isinstance(layout, Blocked):
        return view.copy(), True
    l, c = layout.lanes, array.shape[1]
    sound = True
    if array.ndim == 4:
        t, left, b, r = layout.halo
        h, w = array.shape[2:]
        frame = np.ones(view.shape, bool)
        frame[:, :, t : t + h, left : left + w] = False
        sound = view.dtype.kind != "f" or bool(np.isnan(view[frame]).all())  # halos belong to the driver
        view = view[:, :, t : t + h, left : left + w]
    full = np.moveaxis(view, -1, 2)
    full = full.reshape(full.shape[0], -1, *full.shape[3:])
    return full[:, :c].copy(), sound and not full[:, c:].any()


class Compiler:
    def __init__(self, program, folder=None):
        self.program = program
        self.keep = None if folder else tempfile.TemporaryDirectory()
        self.folder = Path(folder or self.keep.name)
        self.number = 0
        self.shim = self.folder / "shim.o"
        subprocess.run(["cc", "-O2", "-fPIC", "-c", str(HERE / "shim.c"), "-I" + str(ROOT / "runtime" / "include"),
                        "-o", str(self.shim)], check=True)

    def text(self, kernel_text, option):
        done = subprocess.run([self.program, option], input=kernel_text.encode(), capture_output=True)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode()

    def compile(self, kernel_text, asserts=False):
        done = subprocess.run([self.program] + (["--asserts"] if asserts else []), input=kernel_text.encode(),
                              capture_output=True)
        if done.returncode:
            raise RuntimeError(f"exit code {done.returncode}\n{done.stderr.decode()}\n{kernel_text}")
        assert done.stdout[:8] == b"dlckern1"
        numbers = np.frombuffer(done.stdout[8:48], "<i8")
        self.number += 1
        path = self.folder / f"k{self.number}.o"
        path.write_bytes(done.stdout[48:])
        library = path.with_suffix(".so")
        subprocess.run(["cc", "-shared", "-o", str(library), str(path), str(self.shim), "-lm", "-lpthread"], check=True)
        return Compiled(ctypes.CDLL(str(library)), numbers)


class Compiled:
    def __init__(self, library, numbers):
        self.library = library
        self.worker, self.caller, self.caller_per_batch, self.parallel = (int(n) for n in numbers[:4])
        library.time_kernel.restype = ctypes.c_double
        library.time_kernel.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_double, ctypes.c_int64]

    def bind(self, kernel, gap=0):
        """Descriptors of all arguments and results. The only result takes the place of the argument that allows it."""
        described = [describe(v.array, v.layout, False, gap if v.is_activation and v.array.ndim > 1 else 0) for v in kernel.arguments]
        self.results = [describe(v.array.astype(v.array.dtype if v.element else kernel.dtype), l, True,
                                 gap if v.is_activation and v.array.ndim > 1 else 0) for v, l in kernel.results]
        places = kernel.in_place if isinstance(kernel.in_place, list) else [kernel.in_place]
        for i, place in enumerate(places):
            if place is not None:
                buffer, keep = described[next(j for j, a in enumerate(kernel.arguments) if a is place)]
                self.results[i][0].host = buffer.host + (self.results[i][0].host - self.results[i][1][1].ctypes.data)
                self.results[i] = (self.results[i][0], keep)
        self.all = described + self.results
        self.pointers = (ctypes.c_void_p * len(self.all))(*[ctypes.addressof(b) for b, _ in self.all])

    def run(self, kernel, threads=1):
        scratch = (ctypes.c_int64 * 2)()
        address = ctypes.cast(getattr(self.library, kernel.name), ctypes.c_void_p)
        code = self.library.run_kernel(address, self.pointers, len(self.all), scratch, threads)
        return code, list(scratch)

    def time(self, kernel, threads=1, seconds=0.3, flush=0):
        address = ctypes.cast(getattr(self.library, kernel.name), ctypes.c_void_p)
        return self.library.time_kernel(address, self.pointers, len(self.all), threads, seconds, flush)


def check(compiler, kernel, schedule=None, tolerance=2e-5, vector_bytes=64, gap=0, asserts=(True, False)):
    """Compiles and runs the kernel with and without asserts; returns what is wrong, or None."""
    text = kernel.text(schedule, vector_bytes)
    for with_asserts, threads in [(a, t) for a in asserts for t in ((1,) if a else (1, 2))]:
        if threads == 1:
            try:
                compiled = compiler.compile(text, with_asserts)
            except RuntimeError as error:
                return f"does not compile (asserts {with_asserts}): {error}"
        elif not compiled.parallel:
            continue
        compiled.bind(kernel, gap)
        code, scratch = compiled.run(kernel, threads)
        if code:
            return f"returned {code} (asserts {with_asserts})\n{text}"
        planned = compiled.caller + kernel.batch * compiled.caller_per_batch
        if scratch[0] > planned or scratch[1] > compiled.worker:
            return f"took scratch {scratch} but planned {planned} and {compiled.worker}\n{text}"
        for (value, layout), (buffer, keep) in zip(kernel.results, compiled.results):
            array, sound = read_back(buffer, keep, value.array, layout)
            expected = layout.store(value.array) if isinstance(layout, Weights) else value.array
            distance = reference.distance(array, expected)
            if not distance <= tolerance:
                return f"is off by {distance} (asserts {with_asserts}, threads {threads})\n{text}"
            if not sound:
                return f"wrote pad lanes or halo\n{text}"
    return None

"""Random kernels of every op, layout and schedule against the NumPy reference:

    random_kernels.py DLC-KERNEL [--seed N] [--count N] [--family NAME]
"""

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np

from kernels import Blocked, Compiler, Kernel, Plain, Weights, check, ints


def known_lanes():
    """Floats in the vectors that this processor can run."""
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return [16] * 3 * ("avx512dq" in flags) + [8] * ("avx2" in flags) + [4]


class Source:
    """Choices, and what several families build alike."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.lanes = self.pick(*known_lanes())
        self.kernel = Kernel(batch=self.pick(1, 2, 3), seed=seed)
        self.added, self.sums = None, True  # a tensor that the result may replace

    def pick(self, *choices):
        return choices[self.random.integers(len(choices))]

    def upto(self, low, high):
        return int(self.random.integers(low, high + 1))

    def halo(self, least=0):
        return tuple(self.upto(least, least + 2) for _ in range(4))

    def layout(self, blocked=None):
        if blocked if blocked is not None else self.pick(True, False):
            return Blocked(self.lanes, self.pick((0, 0, 0, 0), self.halo()))
        return Plain()

    def weight_lanes(self):
        """Of a direct sum's vectors: the tensors' lanes or half of them."""
        return self.lanes // self.pick(1, 1, 2)

    def vector_layout(self):
        return self.pick(Weights("channels", self.lanes), Plain())

    def activation(self, y):
        name = self.pick("none", "relu", "relu", "sigmoid", "tanh", "elu", "silu", "leaky_relu")
        return y if name == "none" else self.kernel.op(name, [y])

    def residual(self, y, layout):
        if self.pick(True, False):
            r = self.kernel.input(*y.array.shape[1:], layout=layout)
            self.added = r
            return self.kernel.op("add", [y, r], function=lambda a, b: a + b)
        return y

    def finish(self, y, layout=None):
        layout = layout or self.layout() if y.array.ndim in (2, 4) else Plain()
        self.kernel.returns(y, layout)
        if self.added and self.added.array.shape == y.array.shape and self.added.layout == layout and self.sums:
            halo = isinstance(layout, Blocked) and any(layout.halo)
            self.kernel.in_place = None if halo else self.added
        return self.kernel

    def axis(self):
        return self.pick("none", "rows", "blocks", "both")

    def pointwise(self):
        return self.pick(None, f"#kernel.pointwise<lanes = {self.lanes}, unroll = {self.upto(1, 4)}, parallel = {self.axis()}>")


def pool(s, y, kinds=("max_pool2d", "avg_pool2d")):
    h, w = y.array.shape[2:]
    k = (min(h, s.upto(1, 3)), min(w, s.upto(1, 3)))
    pad = [s.upto(0, e // 2) for e in (*k, *k)]
    return s.kernel.pool(y, s.pick(*kinds), k, stride=(s.upto(1, 3), s.upto(1, 3)), pad=pad, ceil=s.pick(True, False),
                         include=s.pick(True, False))


def conv_direct(s):
    """Blocked convolutions, with residuals, activations and pools."""
    k = (s.upto(1, 5), s.upto(1, 5)) if s.pick(0, 1) else s.pick((1, 1), (3, 3))
    pad = [s.upto(0, e // 2) for e in (*k, *k)]
    i, o = s.pick(s.upto(1, 70), 16 * s.upto(1, 4)), s.pick(s.upto(1, 70), 16 * s.upto(1, 5))
    h, w = s.upto(k[0], 20), s.upto(k[1], 20)
    row_major = s.pick(False, False, True)
    layout = Plain() if row_major else Blocked(s.lanes, s.pick((0, 0, 0, 0), s.halo(2)))
    lanes = s.weight_lanes()
    x = s.kernel.input(i, h, w, layout=layout)
    y = s.kernel.conv(x, o, k, stride=(s.upto(1, 2), s.upto(1, 2)) if s.pick(0, 1) else 1, pad=pad,
                      dilation=s.pick(1, 1, 1, 2) if min(h - k[0] * 2, w - k[1] * 2) > 0 else 1, bias=s.pick(True, True, False),
                      weight_layout=Weights("direct", lanes, s.pick(1, s.lanes) if not row_major else 1),
                      bias_layout=s.vector_layout())
    y = s.activation(s.residual(y, s.layout()))
    strips = 0
    if s.pick(False, False, True):
        y, strips, s.sums = pool(s, y), s.pick(0, 1, 2, 3), False
    schedule = (f"#kernel.direct_conv<tileX = {s.upto(1, 14)}, tileC = {s.upto(1, 4)}, unrollK = {s.pick(1, 2, 4)}, "
                f"strips = {strips}, parallel = {s.axis()}>")
    return s.finish(y, s.layout(s.pick(True, True, False))), schedule


def conv_flat(s):
    """1x1 convolutions over whole planes."""
    x = s.kernel.input(s.upto(1, 80), s.upto(1, 12), s.upto(1, 12), layout=Blocked(s.lanes))
    y = s.kernel.conv(x, s.upto(1, 90), 1, weight_layout=Weights("direct", s.weight_lanes(), s.lanes), bias_layout=s.vector_layout())
    y = s.activation(s.residual(y, Blocked(s.lanes)))
    return s.finish(y, Blocked(s.lanes)), (f"#kernel.direct_conv<tileX = {s.upto(1, 14)}, tileC = {s.upto(1, 4)}, "
                                           f"parallel = {s.axis()}>")


def conv_rows(s):
    """Row-major convolutions, lanes over x."""
    k = (s.upto(1, 5), s.upto(1, 5))
    x = s.kernel.input(s.upto(1, 5), s.upto(k[0], 30), s.upto(k[1], 40))
    y = s.kernel.conv(x, s.upto(1, 12), k, stride=s.pick(1, 1, 2), pad=[s.upto(0, e // 2) for e in (*k, *k)])
    y = s.activation(s.residual(y, Plain()))
    strips = 0
    if s.pick(False, True):
        y, strips, s.sums = pool(s, y), 1, False
    return s.finish(y, Plain()), (f"#kernel.direct_conv<tileX = {s.upto(1, 4)}, tileC = {s.upto(1, 6)}, "
                                  f"strips = {strips}, parallel = {s.axis()}>")


def conv_groups(s):
    g = s.upto(2, 4)
    per = s.pick(s.upto(1, 6), s.lanes)
    out = s.pick(s.upto(1, 6), s.lanes)
    packed = s.pick(True, False)
    x = s.kernel.input(g * per, s.upto(3, 9), s.upto(3, 9), layout=s.layout())
    layout = Weights("direct", s.weight_lanes(), s.pick(1, s.lanes)) if packed else Plain()
    y = s.kernel.conv(x, g * out, 3, pad=1, groups=g, weight_layout=layout, bias_layout=s.vector_layout() if packed else Plain())
    schedule = s.pointwise()
    result = s.layout()
    if packed and isinstance(result, Blocked) and s.pick(True, False):
        schedule = f"#kernel.direct_conv<tileX = {s.upto(1, 8)}, tileC = {s.upto(1, 3)}>"
    return s.finish(s.activation(y), result), schedule


def depthwise(s):
    c, k = s.upto(2, 70), s.upto(1, 5)
    x = s.kernel.input(c, s.upto(k, 20), s.upto(k, 20), layout=Blocked(s.lanes, s.pick((0, 0, 0, 0), s.halo(2))))
    y = s.kernel.conv(x, c, k, stride=s.pick(1, 2), pad=k // 2, groups=c, weight_layout=Weights("depthwise", s.lanes),
                      bias_layout=s.vector_layout())
    return s.finish(s.activation(s.residual(y, s.layout())), s.layout(True)), (
        f"#kernel.depthwise<tileX = {s.upto(1, 14)}, tileY = {s.upto(1, 3)}, parallel = {s.axis()}>")


def dense(s):
    packed = s.pick(True, True, False)
    blocked = s.pick(True, False)
    x = s.kernel.input(s.upto(1, 150), layout=Blocked(s.lanes) if blocked else Plain())
    weights = Weights("direct", s.lanes, s.pick(1, s.lanes) if blocked else 1) if packed else Plain()
    y = s.activation(s.kernel.linear(x, s.upto(1, 150), weight_layout=weights, bias_layout=s.vector_layout() if packed else Plain()))
    if s.pick(False, False, True):
        y = s.kernel.op(s.pick("softmax", "log_softmax"), [y])
    schedule = f"#kernel.dense<tileC = {s.upto(1, 8)}, tileN = {s.upto(1, 4)}, parallel = {s.axis()}>" if packed else s.pointwise()
    return s.finish(y, s.pick(Plain(), Blocked(s.lanes))), schedule


def dense_conv(s):
    """Convolutions whose window is the whole plane, and linear layers over more than two dimensions."""
    if s.pick(True, False):
        x = s.kernel.input(*[s.upto(1, 9) for _ in range(s.upto(1, 3))], s.upto(1, 40))
        return s.finish(s.activation(s.kernel.linear(x, s.upto(1, 40))), Plain() if x.array.ndim != 4 else None), s.pointwise()
    k = (s.upto(1, 4), s.upto(1, 4))
    x = s.kernel.input(s.upto(1, 60), *k, layout=Blocked(s.lanes))
    y = s.kernel.conv(x, s.upto(1, 100), k, weight_layout=Weights("direct", s.lanes, s.lanes), bias_layout=s.vector_layout())
    return s.finish(s.activation(y), s.layout(True)), (
        f"#kernel.dense<tileC = {s.upto(1, 8)}, tileN = {s.upto(1, 4)}, parallel = {s.axis()}>")


def winograd(s):
    tile = s.pick(2, 4, 4, 6)
    x = s.kernel.input(s.upto(1, 50), s.upto(3, 20), s.upto(3, 20), layout=Blocked(s.lanes, s.pick((0, 0, 0, 0), (1, 1, 1, 1), s.halo(2))))
    y = s.kernel.conv(x, s.upto(1, 50), 3, pad=[s.upto(0, 1) for _ in range(4)],
                      weight_layout=Weights("winograd", s.lanes, s.lanes, tile), bias_layout=s.vector_layout())
    y = s.activation(s.residual(y, s.layout()))
    if s.pick(False, False, True):
        y, s.sums = pool(s, y), False
    return s.finish(y, s.layout(True)), (f"#kernel.winograd<tile = {tile}, stripRows = {s.upto(1, 6)}, tileX = {s.upto(1, 14)}, "
                                         f"tileC = {s.upto(1, 4)}, parallel = {s.axis()}>")


def conv_plain(s):
    """Unpacked weights, any layout around them."""
    groups = s.pick(1, 1, 2)
    k = (s.upto(1, 4), s.upto(1, 4))
    x = s.kernel.input(groups * s.upto(1, 20), s.upto(6, 14), s.upto(6, 14), layout=s.layout())
    y = s.kernel.conv(x, groups * s.upto(1, 20), k, stride=s.pick(1, 2), pad=[s.upto(0, e // 2) for e in (*k, *k)],
                      dilation=s.pick(1, 1, 2) if max(k) < 4 else 1, groups=groups, bias=s.pick(True, False))
    y = s.activation(s.residual(y, s.layout()))
    if s.pick(False, False, True):
        y, s.sums = pool(s, y), False
    return s.finish(y), s.pointwise()


def elementwise(s):
    shape = [s.upto(1, 24) for _ in range(s.upto(1, 5))]
    y = s.kernel.input(*shape, layout=s.layout() if len(shape) in (1, 3) else Plain())
    for _ in range(s.upto(1, 4)):
        kind = s.pick("activation", "add", "mul", "batch_norm", "identity", "broadcast")
        if kind == "activation":
            y = s.activation(y)
        elif kind in ("add", "mul"):
            r = s.kernel.input(*shape, layout=s.layout() if len(shape) in (1, 3) else Plain())
            y = s.kernel.op(kind, [y, r], function=(lambda a, b: a + b) if kind == "add" else (lambda a, b: a * b))
        elif kind == "broadcast":
            lower = s.upto(0, len(shape) - 1)
            dims = [s.pick(1, e) for e in shape[lower:]]
            r = s.kernel.parameter(*dims) if lower or not dims else s.kernel.input(*dims)
            y = s.kernel.op("mul", [y, r], function=lambda a, b: a * b)
        elif kind == "batch_norm":
            c = shape[0]
            layout = s.vector_layout()
            parts = {n: s.kernel.parameter(c, layout=layout, positive=n == "running_var")
                     for n in ("weight", "bias", "running_mean", "running_var")}
            y = s.kernel.op("batch_norm2d", [y], "", parts)
        else:
            y = s.kernel.op(s.pick("identity", "dropout"), [y])
    if not s.kernel.ops:
        y = s.kernel.op("relu", [y])
    return s.finish(y), s.pointwise()


def pools(s):
    y = s.kernel.input(s.upto(1, 40), s.upto(1, 14), s.upto(1, 14), layout=s.layout())
    if s.pick(True, False):
        y = s.activation(y)
    kind = s.pick("window", "window", "global", "large")
    if kind == "global":
        y = s.kernel.op("global_avg_pool2d", [y])
    elif kind == "large":
        h, w = y.array.shape[2:]
        y = s.kernel.pool(y, s.pick("max_pool2d", "avg_pool2d"), (min(h, 7), min(w, 8)), stride=s.pick(1, 3))
    else:
        y = pool(s, y)
    if s.pick(True, False):
        y = s.activation(y)
    return s.finish(y), s.pointwise()


def normalizers(s):
    rank = s.upto(2, 4)
    shape = [s.upto(1, 40) for _ in range(rank - 1)]
    y = s.kernel.input(*shape, layout=s.layout() if rank in (2, 4) else Plain())
    if s.pick(True, False):
        y = s.activation(y)
    kind = s.pick("softmax", "log_softmax", "lrn")
    if kind == "lrn" and rank >= 3:
        size, beta = s.upto(1, 6), s.pick(0.75, 0.5, 0.6, 1.0)
        y = s.kernel.op("local_response_norm", [y], f"size = {size} : i64, alpha = 0.1 : f64, beta = {beta} : f64, k = 2.0 : f64",
                        size=size, alpha=0.1, beta=beta, k=2.0)
    else:
        dim = s.pick(*range(1, rank), -1)
        y = s.kernel.op(kind if kind != "lrn" else "softmax", [y], f"dim = {dim} : i64", dim=dim)
    return s.finish(y), s.pointwise()


def shapes(s):
    rank = s.upto(2, 5)
    shape = [s.upto(1, 8) for _ in range(rank - 1)]
    if s.pick(True, False):
        shape[0] = s.lanes * s.upto(1, 2)
    y = s.kernel.input(*shape, layout=s.layout() if rank in (2, 4) else Plain())
    kind = s.pick("flatten", "reshape", "concat", "pad", "copy")
    if kind == "flatten":
        start = s.upto(1, rank - 1)
        end = s.upto(start, rank - 1)
        y = s.kernel.op("flatten", [y], f"start_dim = {start} : i64, end_dim = {end} : i64", start_dim=start, end_dim=end)
    elif kind == "reshape":
        total = int(np.prod(shape))
        dims = []
        while total > 1 and len(dims) < 3:
            d = s.pick(*[e for e in range(1, total + 1) if total % e == 0])
            dims.append(d)
            total //= d
        dims.append(total)
        batch = -(2**63)
        y = s.kernel.op("reshape", [y], f"shape = array<i64: {', '.join(map(str, [batch] + dims))}>",
                        function=lambda a: a.reshape(a.shape[0], *dims))
    elif kind == "concat":
        dim = s.upto(1, rank - 1)
        parts = [y]
        for _ in range(s.upto(0, 2)):
            other = list(shape)
            other[dim - 1] = s.pick(s.upto(1, 20), s.lanes)
            parts.append(s.kernel.input(*other, layout=s.layout() if rank in (2, 4) else Plain()))
        y = s.kernel.op("concat", parts, f"dim = {dim} : i64", function=lambda *a: np.concatenate(a, dim))
    elif kind == "pad":
        sides = []
        for e in reversed(shape[-s.upto(1, len(shape)):]):
            low = s.upto(-(e - 1) // 2, 3)
            sides += [low, s.upto(max(-(e - 1) // 2, 1 - e - low), 3)]
        value = s.pick(0.0, 1.5)
        y = s.kernel.op("pad", [y], f"padding = array<i64: {', '.join(map(str, sides))}>, value = {value:.1f} : f64",
                        padding=sides, value=value)
    else:
        y = s.kernel.op("identity", [y])
    return s.finish(y), s.pointwise()


def inputs(s):
    """The program's raw values, alone and in front of a convolution."""
    c, h, w = s.upto(1, 4), s.upto(3, 20), s.upto(3, 20)
    dtype = s.pick(np.uint8, np.float32, np.int8)
    nhwc = s.pick(True, False)
    x = s.kernel.input(*((h, w, c) if nhwc else (c, h, w)), dtype=dtype)
    mean, std = ([], []) if s.pick(True, False, False) else ([0.1 * i for i in range(c)], [0.5 + 0.1 * i for i in range(c)])

    def normalize(a):
        a = a.transpose(0, 3, 1, 2) if nhwc else a
        if not mean:
            return a
        a = a / 255 if dtype == np.uint8 else a
        return (a - np.reshape(mean, (-1, 1, 1))) / np.reshape(std, (-1, 1, 1))

    doubles = lambda name, v: f", {name} = array<f64: {', '.join(f'{e:.6f}' for e in v)}>" if v else ""  # noqa: E731
    y = s.kernel.op("normalize", [x], f'layout = "{"NHWC" if nhwc else "NCHW"}"' + doubles("mean", mean) + doubles("std", std),
                    function=normalize)
    if s.pick(True, False):
        return s.finish(y), s.pointwise()
    y = s.activation(s.kernel.conv(y, s.upto(1, 40), 3, stride=s.pick(1, 2), pad=1, weight_layout=Weights("direct", s.lanes),
                                   bias_layout=s.vector_layout()))
    return s.finish(y, s.layout(True)), f"#kernel.direct_conv<tileX = {s.upto(1, 14)}, tileC = {s.upto(1, 2)}, parallel = {s.axis()}>"


def special(s):
    """NaN, infinities, zeros of both signs, and numbers near the ends of the range."""
    values = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-38, -1e-42, 88.5, -88.5, 120.0, -120.0, 1.0, -0.3], np.float32)
    shape = (s.upto(1, 20), s.upto(3, 9), s.upto(3, 9))
    array = s.random.standard_normal((s.kernel.batch, *shape)).astype(np.float32)
    few = s.random.random(array.shape) < s.pick(0.02, 0.3)
    array[few] = values[s.random.integers(len(values), size=int(few.sum()))]
    y = s.kernel.input(*shape, array=array, layout=s.layout())
    kind = s.pick("activation", "activation", "pool", "softmax", "average")
    if kind == "activation":
        y = s.kernel.op(s.pick("relu", "sigmoid", "tanh", "elu", "leaky_relu", "silu"), [y])
    elif kind == "pool":
        y = pool(s, y, ("max_pool2d",))
    elif kind == "average":
        y = s.kernel.op("global_avg_pool2d", [y])
    else:
        dim = s.upto(1, 3)
        y = s.kernel.op(s.pick("softmax", "log_softmax"), [y], f"dim = {dim} : i64", dim=dim)
    return s.finish(y), s.pointwise()


def doubles(s):
    s.kernel.dtype = np.float64
    c, h, w = s.upto(1, 9), s.upto(3, 12), s.upto(3, 12)
    y = s.activation(s.kernel.conv(s.kernel.input(c, h, w), s.upto(1, 9), 3, pad=1))
    if s.pick(True, False):
        y = pool(s, y)
    y = s.kernel.op(s.pick("sigmoid", "softmax", "elu", "tanh"), [y])
    s.kernel.returns(y)
    return s.kernel, s.pick(None, "#kernel.pointwise<lanes = 8>", "#kernel.direct_conv<tileX = 2, tileC = 3>") if y else None


FAMILIES = {f.__name__: f for f in (conv_direct, conv_flat, conv_rows, conv_groups, depthwise, dense, dense_conv, winograd,
                                    conv_plain, elementwise, pools, normalizers, shapes, inputs, special, doubles)}


def run(program, build, seed, tolerance):
    source = Source(seed)
    kernel, schedule = build(source)
    compiler = Compiler(program)
    tolerance = 1e-12 if kernel.dtype == np.float64 else tolerance
    return check(compiler, kernel, schedule, tolerance, vector_bytes=4 * source.lanes, gap=source.pick(0, 64))


def defined_ops(path):
    """Ops in the JSON of llvm-tblgen that kernels may hold."""
    records = json.loads(Path(path).read_text())
    for record in (records[name] for name in records["!instanceof"]["Op"]):
        if not any(trait["def"] == "Nn_OutsideKernels" for trait in record["traits"]):
            yield record["opName"]


def main(families):
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=3, help="kernels a family")
    parser.add_argument("--family", choices=families)
    parser.add_argument("--definitions", help="what llvm-tblgen makes of ops that all want a family of their name")
    options = parser.parse_args()
    failures = 0
    if options.definitions:
        for name in set(defined_ops(options.definitions)) - set(families):
            failures += 1
            print(f"{name} has no family", flush=True)
    for family in [options.family] if options.family else families:
        for seed in range(options.seed, options.seed + options.count):
            # Each in a process of its own: a kernel that is wrong may crash.
            child = os.fork()
            if child == 0:
                wrong = run(options.program, families[family], seed, 3e-4 if family == "winograd" else 2e-5)
                if wrong:
                    print(f"{family} {seed} {wrong}", flush=True)
                os._exit(1 if wrong else 0)
            status = os.waitpid(child, 0)[1]
            if status:
                failures += 1
                print(f"{family} {seed} failed with status {status}", flush=True)
    print(f"{failures} failures", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(FAMILIES)

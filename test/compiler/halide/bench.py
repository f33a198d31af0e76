"""Times kernels of each family against the processor's peak:

    bench.py DLC-KERNEL [FILTER] [--peak GFLOPS] [--threads N] [--seconds S] [--cold]

A line: the kernel, microseconds, GFLOP/s, share of peak. With --cold other memory is read between two runs.
"""

import argparse
import ctypes
import sys

import numpy as np

from kernels import Blocked, Compiler, Kernel, Plain, Weights
from random_kernels import known_lanes

ROWS = []


def blocked(*halo):
    return Blocked(16, halo or (0, 0, 0, 0))


def conv(name, i, o, hw, k, stride, tile, *, groups=1, pool=None, residual=False, row_major=False, schedule=None, winograd=0):
    def build():
        kernel = Kernel(batch=1)
        pad = k // 2 if k > 1 else 0
        layout = Plain() if row_major else blocked(*([pad] * 4)) if pad else blocked()
        if winograd:
            tiles = -(-hw // winograd)
            extra = tiles * winograd - hw
            layout = blocked(1, 1, 1 + extra, 1 + extra)
        x = kernel.input(i, hw, hw, layout=layout)
        form = Weights("winograd", 16, 16, winograd) if winograd else Weights("depthwise", 16) if groups > 1 else Weights(
            "direct", 16, 1 if row_major else 16)
        y = kernel.conv(x, o, k, stride=stride, pad=pad, groups=groups, weight_layout=form, bias_layout=Weights("channels", 16))
        flops = 2 * y.array[0].size * (i // groups) * k * k
        if residual:
            r = kernel.input(o, *y.array.shape[2:], layout=blocked())
            y = kernel.op("add", [y, r], function=lambda a, b: a + b)
        y = kernel.op("relu", [y])
        if pool:
            y = kernel.pool(y, "max_pool2d", *pool)
        kernel.returns(y, blocked())
        return kernel, flops

    ROWS.append((name, build, schedule or f"#kernel.direct_conv<tileX = {tile[0]}, tileC = {tile[1]}, strips = {2 if pool else 0}>"))


conv("1x1 64-256 56", 64, 256, 56, 1, 1, (14, 2), residual=True)
conv("1x1 256-64 56", 256, 64, 56, 1, 1, (6, 4))
conv("1x1 512-128 28", 512, 128, 28, 1, 1, (6, 4))
conv("1x1 1024-256 14", 1024, 256, 14, 1, 1, (6, 4))
conv("1x1 2048-512 7", 2048, 512, 7, 1, 1, (14, 2))
conv("3x3 64 56", 64, 64, 56, 3, 1, (14, 2))
conv("3x3 128 28", 128, 128, 28, 3, 1, (14, 2))
conv("3x3 512 7", 512, 512, 7, 3, 1, (7, 3))
conv("3x3/2 128 56", 128, 128, 56, 3, 2, (6, 4))
conv("5x5 16-32 28", 16, 32, 28, 5, 1, (10, 2))
conv("first 7x7/2 224", 3, 64, 224, 7, 2, (14, 2), row_major=True)
conv("stem 7x7/2 224 pool", 3, 64, 224, 7, 2, (14, 2), row_major=True, pool=(3, 2, 1))
conv("vgg 3x3 64 224 pool", 64, 64, 224, 3, 1, (14, 2), pool=(2, 2))
conv("depthwise 3x3 512 14", 512, 512, 14, 3, 1, (14, 1), groups=512, schedule="#kernel.depthwise<tileX = 14, tileY = 1>")
conv("depthwise 5x5 256 14", 256, 256, 14, 5, 1, (14, 1), groups=256, schedule="#kernel.depthwise<tileX = 14, tileY = 1>")
for size, hw, tile, rows in ((64, 56, 4, 1), (256, 56, 4, 1), (512, 28, 4, 7), (256, 14, 2, 7), (512, 14, 2, 7)):
    conv(f"winograd F({tile}) {size} {hw}", size, size, hw, 3, 1, None, winograd=tile,
         schedule=f"#kernel.winograd<tile = {tile}, stripRows = {rows}, tileX = {14 if hw == 56 else 6}, tileC = {2 if hw == 56 else 4}, "
                  f"parallel = {'rows' if rows == 1 else 'both'}>")


conv("winograd F(4) 64 112 pool", 64, 64, 112, 3, 1, None, winograd=4, pool=(2, 2),
     schedule="#kernel.winograd<tile = 4, stripRows = 1, tileX = 14, tileC = 2, parallel = rows>")


def dense(name, i, o, batch, tile):
    def build():
        kernel = Kernel(batch=batch)
        y = kernel.linear(kernel.input(i), o, weight_layout=Weights("direct", 16), bias_layout=Weights("channels", 16))
        kernel.returns(kernel.op("relu", [y]), blocked())
        return kernel, 2 * batch * i * o

    ROWS.append((name, build, f"#kernel.dense<tileC = {tile[0]}, tileN = {tile[1]}>"))


dense("dense 4096 batch 1", 4096, 4096, 1, (8, 1))
dense("dense 4096 batch 16", 4096, 4096, 16, (2, 8))
dense("dense 4096 batch 64", 4096, 4096, 64, (2, 8))


def plain(name, build, schedule):
    ROWS.append((name, build, schedule))


def lenet1():
    kernel = Kernel(batch=1)
    y = kernel.op("relu", [kernel.conv(kernel.input(1, 28, 28), 6, 5, pad=2)])
    kernel.returns(kernel.pool(y, "max_pool2d", 2, 2))
    return kernel, 2 * 6 * 25 * 784


def simple(op, *shape, layout=None, **config):
    def build():
        kernel = Kernel(batch=1)
        x = kernel.input(*shape, layout=layout or Plain())
        text = ", ".join(f"{k} = {v}" for k, v in config.get("text", {}).items())
        y = kernel.op(op, [x], text, **config.get("config", {}))
        kernel.returns(y, layout or Plain())
        return kernel, x.array.size

    return build


plain("lenet conv1 pool", lenet1, "#kernel.direct_conv<tileX = 4, tileC = 6, strips = 1, parallel = none>")
plain("lrn 96 55", simple("local_response_norm", 96, 55, 55, layout=blocked(), text={"size": "5 : i64"}, config={"size": 5}),
      "#kernel.pointwise<lanes = 16>")
plain("softmax 1000", simple("softmax", 1000), "#kernel.pointwise<lanes = 16, parallel = none>")
plain("tanh 64k", simple("tanh", 65536), "#kernel.pointwise<lanes = 16, parallel = none>")
plain("gap 2048 7", simple("global_avg_pool2d", 2048, 7, 7, layout=blocked()), "#kernel.pointwise<lanes = 16, parallel = none>")


# ---------------------------------------------------------------------------------------------------------------
# Training, batch 64
# ---------------------------------------------------------------------------------------------------------------


def grad_weight(name, i, o, hw, k, stride, tile, plain=False, batch=64, schedule=None):
    """`tile`: tileC, tileI, tileK, images, chunks."""

    def build():
        kernel = Kernel(batch=batch)
        out = -(-hw // stride)
        reach = (k // 2,) * 4
        x = kernel.input(i, hw, hw, layout=Plain() if plain or i < 16 else Blocked(16, reach))
        dy = kernel.input(o, out, out, layout=Plain() if plain else blocked())
        text = (f"kernel_size = array<i64: {k}, {k}>, stride = array<i64: {stride}, {stride}>, padding = array<i64: {', '.join(map(str, reach))}>, "
                "dilation = array<i64: 1, 1>, groups = 1 : i64")
        y = kernel.op("conv2d_grad_weight", [x, dy], text, function=lambda x, dy: np.zeros((o, i, k, k)), has_batch=False)
        kernel.returns(y, Plain())
        return kernel, 2 * batch * i * o * k * k * out * out

    names = ("tileC", "tileI", "tileK", "images", "chunks", "inside")
    ROWS.append((name, build, schedule or f"#kernel.grad_weight<{', '.join(f'{n} = {t}' for n, t in zip(names, tile))}>"))


grad_weight("dw 64 32 3x3", 64, 64, 32, 3, 1, (2, 8, 1, 1, 1))
grad_weight("dw 128 16 3x3", 128, 128, 16, 3, 1, (2, 8, 1, 1, 1))
grad_weight("dw 256 8 3x3", 256, 256, 8, 3, 1, (2, 8, 1, 4, 1))
grad_weight("dw 512 4 3x3", 512, 512, 4, 3, 1, (2, 8, 1, 4, 1))
grad_weight("dw 64 128 3x3/2", 64, 128, 32, 3, 2, (2, 8, 1, 1, 1))
grad_weight("dw 64 256 1x1 16", 64, 256, 16, 1, 1, (2, 8, 1, 1, 1))
grad_weight("dw 64 128 1x1/2 32", 64, 128, 32, 1, 2, (2, 8, 1, 1, 1))
grad_weight("dw 16 32 3x3", 16, 16, 32, 3, 1, (1, 8, 3, 1, 8))
grad_weight("dw 3 64 3x3 32", 3, 64, 32, 3, 1, (2, 3, 3, 1, 8))
grad_weight("dw 3 64 7x7/2 112", 3, 64, 112, 7, 2, (2, 1, 7, 1, 8), batch=8)
grad_weight("dw lenet conv1", 1, 6, 28, 5, 1, (3, 1, 5, 1, 8), plain=True)
grad_weight("dw lenet conv2 rows", 6, 16, 14, 5, 1, (4, 1, 5, 1, 8), plain=True)


def linear_grad(name, i, o, layout, batch=64):
    def build():
        kernel = Kernel(batch=batch)
        x, dy = kernel.input(i, layout=layout), kernel.input(o, layout=layout)
        y = kernel.op("linear_grad_weight", [x, dy], function=lambda x, dy: np.zeros((o, i)), has_batch=False)
        kernel.returns(y, Plain())
        return kernel, 2 * batch * i * o

    ROWS.append((name, build, "#kernel.pointwise<lanes = 16>"))


for i, o in ((4096, 4096), (9216, 128), (400, 120), (84, 10)):
    linear_grad(f"dw linear {i} {o}", i, o, Plain())
    linear_grad(f"dw linear {i} {o} blocked", i, o, blocked())


def streaming(name, op, shapes, result, text="", vectors=0, static=False, layout=None, batch=64, index=None, out=None):
    """Ops whose measure is the memory that they touch: a "FLOP" is a byte here."""

    def build():
        kernel = Kernel(batch=batch)
        own = lambda shape: layout if len(shape) in (1, 3) and layout else Plain()  # noqa: E731
        inputs = [kernel.input(*s, layout=own(s)) for s in shapes]
        if index:
            inputs.append(kernel.input(*index, layout=own(index), array=np.zeros((batch, *index), np.uint8)))
        inputs += [kernel.parameter(shapes[0][0], positive=True) for _ in range(vectors)]
        full = result if static else (batch, *result)
        y = kernel.op(op, inputs, text, function=lambda *a: np.zeros(full, np.uint8 if out == "ui8" else np.float64), has_batch=not static, element=out or "")
        kernel.returns(y, Plain() if static else own(result))
        return kernel, sum(v.array.nbytes for v in inputs) + y.array.size * (1 if out else 4)

    ROWS.append((name, build, "#kernel.pointwise<lanes = 16>"))


plane, small = (64, 32, 32), (64, 16, 16)
window = "kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>"
overlapping = "kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>"
for kind, at in (("blocked", blocked()), ("plain", None)):
    streaming(f"stream reduce {kind}", "reduce", [plane], (64,), "dims = array<i64: 0, 2, 3>, mean", static=True, layout=at)
    streaming(f"stream variance {kind}", "batch_variance", [plane], (64,), vectors=1, static=True, layout=at)
    streaming(f"stream bn grad weight {kind}", "batch_norm2d_grad_weight", [plane, plane], (64,), "eps = 1.0e-5 : f64", 2, True, at)
    streaming(f"stream bn grad input {kind}", "batch_norm2d_grad_input", [plane, plane], plane, "eps = 1.0e-5 : f64", 5, False, at)
    streaming(f"stream relu grad {kind}", "leaky_relu_grad", [plane, plane], plane, "negative_slope = 0.0 : f64", layout=at)
    streaming(f"stream argmax 2x2 {kind}", "max_pool2d_argmax", [plane], small, window, layout=at, out="ui8")
    streaming(f"stream argmax 3x3/2 {kind}", "max_pool2d_argmax", [plane], small, overlapping, layout=at, out="ui8")
    streaming(f"stream pool grad 2x2 {kind}", "max_pool2d_grad", [small], plane, window, layout=at, index=small)
    streaming(f"stream pool grad 3x3/2 {kind}", "max_pool2d_grad", [small], plane, overlapping, layout=at, index=small)
    streaming(f"stream dilate {kind}", "dilate", [small], (64, 31, 31), "stride = array<i64: 2, 2>", layout=at)


def adam():
    kernel = Kernel()
    elements = 1 << 22
    p, g, m, v = (kernel.parameter(1, elements, positive=True) for _ in range(4))
    b1, b2, lr = (kernel.parameter(1, 1, positive=True) for _ in range(3))
    none = np.zeros((1, elements))
    op = lambda name, inputs, text="": kernel.op(name, inputs, text, function=lambda *a: none, has_batch=False)  # noqa: E731
    blend = lambda x, average, decay: op("add", [x, op("mul", [op("sub", [average, x]), decay])])  # noqa: E731
    first, second = blend(g, m, b1), blend(op("mul", [g, g]), v, b2)
    root = op("affine", [op("power", [second], "exponent = 0.5 : f64")], "scale = 1.0 : f64, offset = 1.0e-3 : f64")
    new = op("sub", [p, op("mul", [op("div", [first, root]), lr])])
    for value in (new, first, second):
        kernel.returns(value)
    kernel.in_place = [p, m, v]
    return kernel, 7 * 4 * elements


plain("stream adam", adam, "#kernel.pointwise<lanes = 16>")


def packing(name, op, shape, layout, text=""):
    def build():
        kernel = Kernel()
        w = kernel.parameter(*shape)
        full = shape if op == "identity" else (shape[1], shape[0], *shape[2:])
        y = kernel.op(op, [w], text, function=lambda w: np.zeros(full), has_batch=False)
        kernel.returns(y, layout)
        return kernel, 2 * w.array.nbytes

    ROWS.append((name, build, "#kernel.pointwise<lanes = 16>"))


for shape in ((256, 256, 3, 3), (256, 256, 1, 1), (512, 512)):
    packing(f"stream pack {shape}", "identity", shape, Weights("direct", 16, 16))
    packing(f"stream transpose {shape}", "transpose_weight", shape, Weights("direct", 16, 16))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("filter", nargs="?", default="")
    parser.add_argument("--peak", type=float, help="GFLOP/s of one thread; measured beside each kernel unless given")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--schedule")
    options = parser.parse_args()
    if 16 not in known_lanes():
        sys.exit("the kernels here need AVX-512")
    compiler = Compiler(options.program)
    for name, build, schedule in ROWS:
        if options.filter not in name:
            continue
        kernel, flops = build()
        compiled = compiler.compile(kernel.text(options.schedule or schedule))
        compiled.bind(kernel)
        compiled.library.measure_peak.restype = ctypes.c_double
        peak = options.peak or compiled.library.measure_peak()
        seconds = compiled.time(kernel, options.threads, options.seconds, (64 << 20) if options.cold else 0)
        speed = flops / seconds * 1e-9
        print(f"{name:28} {seconds * 1e6:10.1f} us {speed:8.1f} GFLOP/s {100 * speed / peak / options.threads:6.1f}% of {peak:.0f}  "
              f"scratch {compiled.worker} {compiled.caller}+{compiled.caller_per_batch}n", flush=True)


if __name__ == "__main__":
    main()

"""Times kernels of each family against the processor's peak:

    bench.py DLC-KERNEL [FILTER] [--peak GFLOPS] [--threads N] [--seconds S] [--cold]

A line: the kernel, microseconds, GFLOP/s, share of peak. With --cold other memory is read between two runs.
"""

import argparse
import ctypes
import sys

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

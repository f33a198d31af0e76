"""Winograd convolutions against the reference: winograd.py DLC-KERNEL [VECTOR-BYTES]. Every size of tile, planes that are
no multiple of it, channels that fill no block, strips, ways to share out, and what may follow in the same kernel."""

import sys

import numpy as np

from kernels import Blocked, Compiler, Kernel, Plain, Weights, check

program, vector_bytes = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 64
LANES = vector_bytes // 4


def schedule(tile, rows=1, x=6, c=2, group=4, parallel="rows", images=1):
    return (f"#kernel.winograd<tile = {tile}, stripRows = {rows}, tileX = {x}, tileC = {c}, groupC = {group}, "
            f"images = {images}, parallel = {parallel}>")


def conv(i, o, height, width, tile, batch=1, pad=1, halo=(1, 1, 1, 1), bias=True, then=(), result_halo=(0, 0, 0, 0)):
    """A convolution and the ops that follow it: relu, tanh, sigmoid, add (of another argument), max or avg (pool)."""
    kernel = Kernel(batch=batch)
    x = kernel.input(i, height, width, layout=Blocked(LANES, halo))
    y = kernel.conv(x, o, 3, pad=pad, bias=bias, weight_layout=Weights("winograd", LANES, LANES, tile),
                    bias_layout=Weights("channels", LANES))
    for name in then:
        if name == "add":
            other = kernel.input(*y.array.shape[1:], layout=Blocked(LANES))
            y = kernel.op("add", [y, other], function=lambda a, b: a + b)
        elif name in ("max", "avg"):
            y = kernel.pool(y, f"{name}_pool2d", 2)
        elif name == "overlapping":
            y = kernel.pool(y, "max_pool2d", 3, 2)
        else:
            y = kernel.op(name, [y])
    kernel.returns(y, Blocked(LANES, result_halo))
    return kernel


L = LANES
CASES = [
    # whole tiles, then planes that no tile divides
    (conv(L, 2 * L, 8, 8, 4), schedule(4)),
    (conv(2 * L, L, 13, 13, 4, then=["relu"]), schedule(4, x=4, c=1)),
    (conv(L, L, 14, 7, 2, then=["relu"]), schedule(2, x=7)),
    (conv(L, L, 11, 13, 6, then=["relu"]), schedule(6, x=3, c=1)),
    (conv(2 * L, 2 * L, 27, 27, 4, then=["add", "relu"], result_halo=(1, 1, 1, 1)), schedule(4, rows=2, x=14)),
    # channels that fill no block, blocks that fill no register tile, several items
    (conv(L + 3, 2 * L + 5, 9, 10, 4, batch=3, then=["relu"]), schedule(4, x=4)),
    (conv(L, 5 * L, 12, 12, 2, batch=2), schedule(2, rows=3, c=2)),
    (conv(L + 3, L + 1, 9, 10, 2, then=["sigmoid"]), schedule(2)),  # 0 is no fixed point
    # strips that do not divide the plane, all that can be shared out
    (conv(L, 2 * L, 18, 12, 4, batch=2, then=["relu"]), schedule(4, rows=2, x=5)),
    (conv(2 * L, 3 * L, 14, 14, 4, batch=2, then=["relu"]), schedule(4, rows=4, x=8, c=3, group=3, parallel="both")),
    (conv(2 * L, 5 * L, 14, 14, 2, then=["relu"]), schedule(2, rows=7, x=7, c=2, group=2, parallel="blocks")),
    (conv(2 * L, 2 * L, 13, 9, 4, batch=2), schedule(4, rows=2, parallel="none")),
    # pools, in the tile and behind it
    (conv(L, 2 * L, 16, 16, 4, then=["relu", "max"]), schedule(4, rows=2, x=8)),
    (conv(L, L + 4, 13, 15, 4, batch=2, then=["relu", "max"], result_halo=(1, 1, 2, 2)), schedule(4)),
    (conv(L, L, 12, 12, 6, then=["tanh", "avg"]), schedule(6, x=2)),
    (conv(L, L, 10, 10, 2, then=["max"]), schedule(2, rows=5, parallel="both")),
    (conv(L, L, 13, 13, 4, then=["relu", "overlapping"]), schedule(4)),
    # padding: none, on one side, more than the halo holds
    (conv(L, L, 12, 14, 4, pad=0, halo=(0, 0, 0, 0)), schedule(4)),
    (conv(L, L, 12, 14, 4, pad=(0, 1, 1, 0)), schedule(4)),
    (conv(L, L, 9, 9, 4, pad=2, halo=(2, 3, 2, 2)), schedule(4)),
    (conv(L, L, 9, 9, 4, halo=(0, 0, 0, 0)), schedule(4)),
    (conv(L, L, 1, 1, 2, bias=False), schedule(2)),
    (conv(L, 7 * L, 8, 8, 4), schedule(4, c=3, group=4)),
]

# Strips through several images, the last of which may have fewer.
for images, batch, parallel in ((2, 4, "rows"), (4, 6, "both"), (4, 3, "rows"), (3, 7, "none")):
    CASES.append((conv(L, 2 * L, 8, 8, 4, batch=batch, then=["relu"]),
                  schedule(4, rows=2, x=8, images=images, parallel=parallel)))
    CASES.append((conv(2 * L, L + 1, 5, 9, 2, batch=batch, then=["add", "max"]),
                  schedule(2, rows=2, x=7, c=1, images=images, parallel=parallel)))


def transform(out, channels, tile, transposed=False):
    """A kernel that brings a weight into the form of Winograd."""
    kernel = Kernel()
    weight = kernel.parameter(out, channels, 3, 3)
    if transposed:
        packed = kernel.op("transpose_weight", [weight], "groups = 1 : i64", has_batch=False,
                           function=lambda w: np.ascontiguousarray(w.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]))
    else:
        packed = kernel.op("identity", [weight], has_batch=False, function=lambda w: w)
    kernel.returns(packed, Weights("winograd", LANES, LANES, tile))
    return kernel


POINTWISE = f"#kernel.pointwise<lanes = {LANES}>"
CASES += [(transform(2 * L, 3 * L, 4), POINTWISE), (transform(L + 3, 2 * L - 1, 2), POINTWISE),
          (transform(L - 2, L + 5, 4, transposed=True), POINTWISE), (transform(L, L, 6, transposed=True), None)]

plain = conv(L, L + 2, 9, 9, 4, then=["relu"])
plain.results = [(plain.results[0][0], Plain())]
CASES.append((plain, schedule(4)))

compiler = Compiler(program)
wrong = 0
for kernel, text in CASES:
    problem = check(compiler, kernel, text, vector_bytes=vector_bytes, gap=64)
    if problem:
        wrong += 1
        print(f"{text}: {problem}")

# What cannot be computed so is said.
ERRORS = [
    (conv(L, L, 8, 8, 4), schedule(2), "expects the tile of its weights, 4, in its schedule but got 2"),
    (conv(L, L, 8, 8, 4), None, "expects the schedule winograd and weights of form winograd together"),
    (conv(L, L, 8, 8, 4), schedule(4, x=0), "expects tileX from 1 to 64 in its schedule but got 0"),
    (conv(L, L, 8, 8, 4), schedule(4, images=0), "expects images from 1 to 1024 in its schedule but got 0"),
]
for kernel, text, message in ERRORS:
    try:
        compiler.compile(kernel.text(text, vector_bytes))
    except RuntimeError as error:
        if message in str(error):
            continue
        print(f"{text}: {error}")
    else:
        print(f"{text}: compiles, but should not")
    wrong += 1
print(f"{len(CASES) + len(ERRORS)} kernels, {wrong} wrong")
sys.exit(wrong > 0)

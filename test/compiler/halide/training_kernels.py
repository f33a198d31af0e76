"""Random kernels of the ops of training programs against NumPy in double precision:

    training_kernels.py DLC-KERNEL [--seed N] [--count N] [--family NAME]

A family an op, by the op's name. What is compared in f64 must agree to 1e-12.
"""

import numpy as np

from kernels import Blocked, Kernel, Plain, Weights, ints
from philox import KNOWN, philox
from random_kernels import main
from training_source import FAMILIES, Training, family


# ---------------------------------------------------------------------------------------------------------------
# Elementwise
# ---------------------------------------------------------------------------------------------------------------


def unary(name, function, attributes=lambda s: ({}, ""), scale=1.0):
    def build(s):
        config, text = attributes(s)
        shape = s.shape()
        x = s.with_zeros(s.tensor(shape))
        x.array *= x.array.dtype.type(scale)
        return s.done(s.kernel.op(name, [x], text, function=lambda a: function(a, **config)))

    FAMILIES[name] = lambda source: build(Training(source))


def gradient(name, function, attributes=lambda s: ({}, "")):
    def build(s):
        config, text = attributes(s)
        shape = s.shape()
        dy, x = s.tensor(shape), s.with_zeros(s.tensor(shape))
        return s.done(s.kernel.op(name, [dy, x], text, function=lambda a, b: function(a, b, **config)))

    FAMILIES[name] = lambda source: build(Training(source))


def numbers(**choices):
    def draw(s):
        config = {name: s.pick(*values) for name, values in choices.items()}
        return config, ", ".join(f"{name} = {value:.6f} : f64" for name, value in config.items())

    return draw


def power(x, exponent):
    """As in PyTorch, roots are those of sqrt: NaN at −inf, −inf where 1 / √−0."""
    if abs(exponent) == 0.5:
        return np.sqrt(x) if exponent > 0 else 1 / np.sqrt(x)
    return np.power(x, exponent)


unary("affine", lambda x, scale, offset: scale * x + offset, numbers(scale=(1.0, -1.0, 0.5), offset=(0.0, 1.5)))
unary("power", power, numbers(exponent=(2.0, 0.5, -1.0, -0.5, 3.0, 1.7, 12.0, 0.0)))
unary("exp", np.exp)
unary("softplus", lambda x: np.logaddexp(0, x), scale=8.0)
unary("clamp", lambda x, min, max: np.where(np.isnan(x), x, np.minimum(np.maximum(x, min), max)),
      numbers(min=(-0.5, 0.0), max=(0.25, 1.0)))
gradient("leaky_relu_grad", lambda dy, x, negative_slope: np.where(x <= 0, dy * negative_slope, dy), numbers(negative_slope=(0.0, 0.1)))
gradient("elu_grad", lambda dy, y, alpha: np.where(y <= 0, dy * (y + alpha), dy), numbers(alpha=(1.0, 0.5)))
gradient("clamp_grad", lambda dy, x, min, max: np.where((x < min) | (x > max), 0, dy), numbers(min=(-0.5, 0.0), max=(0.25, 1.0)))


def broadcast(name, function):
    def build(s):
        shape = s.shape(2)
        x = s.tensor(shape)
        kind = s.pick("same", "lower", "item", "first")
        if kind == "same":
            y = s.tensor(shape)
        elif kind == "lower":
            y = s.kernel.parameter(*[s.pick(1, e) for e in shape[s.upto(0, len(shape) - 1):]])
        else:
            y = s.kernel.input(*[s.pick(1, e) for e in shape])
        y.array += np.where(y.array < 0, -0.5, 0.5).astype(y.array.dtype)
        pair = [y, x] if kind == "first" and y.array.shape == x.array.shape else [x, y]
        return s.done(s.kernel.op(name, pair, function=function))

    FAMILIES[name] = lambda source: build(Training(source))


broadcast("sub", lambda a, b: a - b)
broadcast("div", lambda a, b: a / b)


@family
def binary_cross_entropy(s):
    shape = s.shape()
    p, t = s.probability(shape), s.probability(shape)
    p.array[s.random.random(p.array.shape) < 0.1] = s.pick(0, 1)

    def function(p, t):
        return -(t * np.maximum(np.log(p), -100) + (1 - t) * np.maximum(np.log(1 - p), -100))

    return s.done(s.kernel.op("binary_cross_entropy", [p, t], function=function))


@family
def binary_cross_entropy_grad(s):
    shape = s.shape()
    dy, p, t = s.tensor(shape), s.probability(shape), s.probability(shape)
    p.array[:] = p.array * 0.9 + 0.05
    return s.done(s.kernel.op("binary_cross_entropy_grad", [dy, p, t],
                              function=lambda dy, p, t: dy * (p - t) / np.maximum(p * (1 - p), 1e-12)))


@family
def fill(s):
    shape = [s.upto(1, 9) for _ in range(s.upto(1, 4))]
    y = s.kernel.op("fill", [], "value = 0.75 : f64", function=lambda: np.full(shape, 0.75), has_batch=False)
    return s.done(y)


def several_results(s):
    """Adam's step: three results, of which each may take the place of what it replaces."""
    elements = s.pick(16 * s.upto(1, 40), s.upto(1, 300))
    kernel = s.kernel
    p, g, m = (kernel.parameter(1, elements) for _ in range(3))
    v = kernel.parameter(1, elements, positive=True)
    b1, b2, lr = (kernel.parameter(1, 1, array=np.full((1, 1), e, kernel.dtype)) for e in (0.9, 0.99, 0.1))

    def op(name, inputs, function, text=""):
        return kernel.op(name, inputs, text, function=function, has_batch=False)

    def blend(x, average, decay):
        d = op("mul", [op("sub", [average, x], lambda a, b: a - b), decay], lambda a, b: a * b)
        return op("add", [x, d], lambda a, b: a + b)

    first = blend(g, m, b1)
    second = blend(op("mul", [g, g], lambda a, b: a * b), v, b2)
    root = op("affine", [op("power", [second], np.sqrt, "exponent = 0.5 : f64")], lambda a: a + 1e-3, "scale = 1.0 : f64, offset = 1.0e-3 : f64")
    step = op("mul", [op("div", [first, root], lambda a, b: a / b), lr], lambda a, b: a * b)
    new = op("sub", [p, step], lambda a, b: a - b)
    results = [(new, p), (first, m), (second, v)]
    for index in s.random.permutation(3):
        kernel.returns(results[index][0])
        kernel.in_place = (kernel.in_place or []) + [s.pick(results[index][1], None)]
    return kernel, s.pointwise()


FAMILIES["several_results"] = lambda source: several_results(Training(source))

# ---------------------------------------------------------------------------------------------------------------
# Random numbers
# ---------------------------------------------------------------------------------------------------------------


def dropped(x, key, p, stream):
    item = int(np.prod(x.shape[1:]))
    index, n = np.broadcast_to(np.arange(item), (len(x), item)), np.arange(len(x))[:, None]
    last = (int(key[3]) + stream) % 2**32
    words = philox([index, np.broadcast_to(n, index.shape), np.full(index.shape, int(key[2])), np.full(index.shape, last)], key[:2])
    kept = words[0].reshape(x.shape) >= round(p * 2**32)
    return np.where(kept, x / (1 - p), 0) if p < 1 else np.zeros_like(x)


@family
def random_dropout(s):
    shape = s.shape()
    x = s.tensor(shape)
    key = s.kernel.parameter(4, array=s.random.integers(0, 2**32, 4, dtype=np.uint32))
    p, stream = s.pick(0.0, 0.5, 0.1, 0.9, 1.0), s.upto(0, 5)
    y = s.kernel.op("random_dropout", [x, key], f"p = {p:.6f} : f64, stream = {stream} : i64",
                    function=lambda x, key: dropped(x, key, p, stream))
    return s.done(y)


# ---------------------------------------------------------------------------------------------------------------
# Sums
# ---------------------------------------------------------------------------------------------------------------


def dims_of(s, rank):
    dims = sorted(s.random.choice(rank, s.upto(1, rank), replace=False).tolist())
    if rank == 4 and s.pick(True, False):
        dims = s.pick([0, 2, 3], [2, 3], [0], [0, 1, 2, 3])
    return dims


def reduced(x, dims, mean, keep):
    y = (np.mean if mean else np.sum)(x, axis=tuple(dims), keepdims=keep)
    return y if y.ndim else y.reshape(1)


def sum_text(dims, mean, keep):
    return f"dims = array<i64: {', '.join(map(str, dims))}>" + ", mean" * mean + ", keep" * keep


def shape_to_sum(s):
    shape = s.shape(1, 5)
    if len(shape) and s.pick(False, True):
        shape[-1] = s.pick(40, 1, 100, 16)
    if len(shape) == 1 and s.pick(False, True):
        shape[0] = s.upto(1000, 5000)
    return shape


@family
def reduce(s):
    x = s.tensor(shape_to_sum(s))
    x.array += x.array.dtype.type(0.5)
    dims, mean, keep = dims_of(s, x.array.ndim), s.pick(True, False), s.pick(True, False)
    y = s.kernel.op("reduce", [x], sum_text(dims, mean, keep), function=lambda x: reduced(x, dims, mean, keep), has_batch=0 not in dims)
    return s.done(y)


@family
def expand(s):
    like = s.tensor(shape_to_sum(s))
    dims, mean, keep = dims_of(s, like.array.ndim), s.pick(True, False), s.pick(True, False)
    small = reduced(like.array, dims, mean, keep)
    if 0 in dims:
        x = s.kernel.parameter(*small.shape)
    else:
        x = s.kernel.input(*small.shape[1:], layout=s.any_layout(small.shape[1:]))

    def function(x, like):
        full = x.reshape(np.sum(like, axis=tuple(dims), keepdims=True).shape)
        count = np.prod([like.shape[d] for d in dims]) if mean else 1
        return np.broadcast_to(full, like.shape) / count

    return s.done(s.kernel.op("expand", [x, like], sum_text(dims, mean, keep), function=function))


# ---------------------------------------------------------------------------------------------------------------
# Weights
# ---------------------------------------------------------------------------------------------------------------


def weight_result(s, shape):
    """A layout for a weight that a kernel packs."""
    kind = s.pick("plain", "direct", "direct", "depthwise")
    if kind == "direct":
        return Weights("direct", s.lanes, s.pick(1, s.lanes))
    if kind == "depthwise" and len(shape) == 4 and shape[1] == 1:
        return Weights("depthwise", s.lanes)
    return Plain()


def transposed(w, groups):
    if w.ndim == 2:
        return w.T
    o, i, kh, kw = w.shape
    return np.flip(w.reshape(groups, o // groups, i, kh, kw).transpose(0, 2, 1, 3, 4).reshape(groups * i, o // groups, kh, kw), (2, 3))


@family
def transpose_weight(s):
    groups = s.pick(1, 1, 1, 2, s.upto(2, 20))
    shape = [groups * s.pick(1, s.upto(1, 40)), s.pick(1, s.upto(1, 40)), s.upto(1, 5), s.upto(1, 5)] if groups > 1 or s.pick(True, False) \
        else [s.upto(1, 70), s.upto(1, 70)]
    w = s.kernel.parameter(*shape)
    y = s.kernel.op("transpose_weight", [w], f"groups = {groups} : i64", function=lambda w: transposed(w, groups), has_batch=False)
    return s.done(y, weight_result(s, y.array.shape))


def packed(s):
    """nn.identity as what packs a weight or a vector."""
    shape = s.pick([s.upto(1, 50)], [s.upto(1, 70), s.upto(1, 70)], [s.upto(1, 40), s.pick(1, s.upto(1, 40)), s.upto(1, 5), s.upto(1, 5)])
    w = s.kernel.parameter(*shape)
    y = s.kernel.op("identity", [w], has_batch=False, function=lambda a: a)
    return s.done(y, Weights("channels", s.lanes) if len(shape) == 1 else weight_result(s, shape))


FAMILIES["packed"] = lambda source: packed(Training(source))


@family
def dilate(s):
    x = s.tensor([s.upto(1, 40), s.upto(1, 9), s.upto(1, 9)])
    stride = (s.upto(1, 3), s.upto(1, 3))
    h, w = [(e - 1) * t + 1 + s.upto(0, 2) for e, t in zip(x.array.shape[2:], stride)]

    def function(x):
        y = np.zeros((*x.shape[:2], h, w))
        y[:, :, : (x.shape[2] - 1) * stride[0] + 1 : stride[0], : (x.shape[3] - 1) * stride[1] + 1 : stride[1]] = x
        return y

    return s.done(s.kernel.op("dilate", [x], f"stride = array<i64: {stride[0]}, {stride[1]}>", function=function))


def grad_weight(x, dy, k, stride, pad, dilation, groups):
    n, c, h, w = x.shape
    o, oh, ow = dy.shape[1:]
    room = [(oh - 1) * stride[0] + (k[0] - 1) * dilation[0] + 1, (ow - 1) * stride[1] + (k[1] - 1) * dilation[1] + 1]
    wide = np.zeros((n, c, max(room[0], h + pad[0] + pad[2]), max(room[1], w + pad[1] + pad[3])))
    wide[:, :, pad[0] : pad[0] + h, pad[1] : pad[1] + w] = x
    result = np.zeros((groups, o // groups, c // groups, *k))
    grouped = dy.reshape(n, groups, o // groups, oh, ow)
    for y in range(k[0]):
        for z in range(k[1]):
            part = wide[:, :, y * dilation[0] :, z * dilation[1] :][:, :, : (oh - 1) * stride[0] + 1 : stride[0], : (ow - 1) * stride[1] + 1 : stride[1]]
            result[..., y, z] = np.einsum("ngoyx,ngiyx->goi", grouped, part.reshape(n, groups, c // groups, oh, ow), optimize=True)
    return result.reshape(o, c // groups, *k)


@family
def conv2d_grad_weight(s):
    k = s.pick((3, 3), (1, 1), (s.upto(1, 5), s.upto(1, 5)))
    stride, dilation = s.pick((1, 1), (1, 1), (2, 2), (s.upto(1, 3), s.upto(1, 3))), s.pick((1, 1), (1, 1), (2, 1))
    pad = [s.upto(0, e // 2) for e in (*k, *k)]
    kind = s.pick("dense", "dense", "dense", "groups", "depthwise")
    groups = {"dense": 1, "groups": s.pick(2, 3), "depthwise": s.upto(2, 40)}[kind]
    i, o = (1, 1) if kind == "depthwise" else [s.pick(s.upto(1, 40), 16 * s.upto(1, 3)) for _ in range(2)]
    spans = [(e - 1) * d + 1 for e, d in zip(k, dilation)]
    h, w = [s.upto(max(e, 3), 20) for e in spans]
    oh, ow = [(e + pad[j] + pad[j + 2] - spans[j]) // stride[j] + 1 for j, e in enumerate((h, w))]
    alike = s.pick(True, False)
    x, dy = s.kernel.input(groups * i, h, w, layout=s.layout(alike or None)), s.kernel.input(groups * o, oh, ow, layout=s.layout(alike or None))
    text = ints("kernel_size", k) + ints("stride", stride) + ints("padding", pad) + ints("dilation", dilation) + f"groups = {groups} : i64"
    y = s.kernel.op("conv2d_grad_weight", [x, dy], text, has_batch=False,
                    function=lambda x, dy: grad_weight(x, dy, k, stride, pad, dilation, groups))
    in_tiles = groups == 1 and (isinstance(dy.layout, Blocked) or stride[1] == 1)
    kernel, schedule = s.done(y)
    if in_tiles and s.pick(True, True, False):
        schedule = (f"#kernel.grad_weight<tileC = {s.upto(1, 4)}, tileI = {s.upto(1, 8)}, tileK = {s.upto(1, 3)}, images = {s.pick(1, 1, 2, 4)}, "
                    f"chunks = {s.pick(1, 1, 2, 8)}, inside = {s.pick('none', 'inputs', 'outputs', 'all')}, parallel = {s.axis()}>")
    return kernel, schedule


@family
def linear_grad_weight(s):
    shape = s.pick([], [], [s.upto(1, 6)], [s.upto(1, 4), s.upto(1, 4)])
    i, o = s.upto(1, 70), s.upto(1, 70)
    x, dy = s.tensor([*shape, i]), s.tensor([*shape, o])
    y = s.kernel.op("linear_grad_weight", [x, dy], has_batch=False,
                    function=lambda x, dy: np.einsum("ro,ri->oi", dy.reshape(-1, o), x.reshape(-1, i)))
    return s.done(y)


# ---------------------------------------------------------------------------------------------------------------
# Pools
# ---------------------------------------------------------------------------------------------------------------


class Window:
    def __init__(self, s, dilation=True):
        self.k = (s.upto(1, 4), s.upto(1, 4))
        if s.pick(False, False, False, True):
            self.k = (17, 16)
        self.stride = (s.upto(1, 3), s.upto(1, 3)) if s.pick(True, False) else self.k
        self.dilation = s.pick((1, 1), (1, 1), (s.upto(1, 2), s.upto(1, 2))) if dilation else (1, 1)
        self.span = [(e - 1) * d + 1 for e, d in zip(self.k, self.dilation)]
        self.pad = [s.upto(0, min(e // 2, 3)) for e in (*self.span, *self.span)]
        self.plane = [s.upto(max(2, e), e + 10) for e in self.span]
        self.out = [(e + self.pad[j] + self.pad[j + 2] - self.span[j]) // self.stride[j] + 1 for j, e in enumerate(self.plane)]
        self.text = ints("kernel_size", self.k) + ints("stride", self.stride) + ints("padding", self.pad)

    def taps(self):
        """For each window and tap: the pixel, or None beyond the plane."""
        for y in range(self.out[0]):
            for x in range(self.out[1]):
                for ky in range(self.k[0]):
                    for kx in range(self.k[1]):
                        py, px = y * self.stride[0] + ky * self.dilation[0] - self.pad[0], x * self.stride[1] + kx * self.dilation[1] - self.pad[1]
                        if 0 <= py < self.plane[0] and 0 <= px < self.plane[1]:
                            yield y, x, ky * self.k[1] + kx, py, px


def argmax_of(window, x):
    best = np.full((*x.shape[:2], *window.out), -np.inf)
    index = np.full(best.shape, -1)
    for y, z, tap, py, px in window.taps():
        value = x[:, :, py, px]
        take = (value > best[:, :, y, z]) | np.isnan(value) | (index[:, :, y, z] < 0)
        best[:, :, y, z] = np.where(take, value, best[:, :, y, z])
        index[:, :, y, z] = np.where(take, tap, index[:, :, y, z])
    return index


def index_type(window):
    return (np.uint8, "ui8") if window.k[0] * window.k[1] <= 256 else (np.int32, "i32")


@family
def max_pool2d_argmax(s):
    window = Window(s)
    x = s.tensor([s.upto(1, 40), *window.plane])
    if s.pick(True, False):  # ties
        x.array[:] = np.round(x.array)
    if s.pick(True, False, False):
        x = s.with_zeros(x)
    dtype, element = index_type(window)
    text = window.text + f"dilation = array<i64: {window.dilation[0]}, {window.dilation[1]}>"
    y = s.kernel.op("max_pool2d_argmax", [x], text, element=element, function=lambda x: argmax_of(window, x).astype(dtype))
    return s.done(y)


@family
def max_pool2d_grad(s):
    window = Window(s)
    c = s.upto(1, 40)
    dtype, _ = index_type(window)
    index = argmax_of(window, np.round(s.kernel.random.standard_normal((s.kernel.batch, c, *window.plane)))).astype(dtype)
    dy = s.tensor([c, *window.out])
    argmax = s.kernel.input(c, *window.out, array=index, layout=s.layout())

    def function(dy, index):
        dx = np.zeros((*dy.shape[:2], *window.plane))
        for y, x, tap, py, px in window.taps():
            dx[:, :, py, px] += np.where(index[:, :, y, x] == tap, dy[:, :, y, x], 0)
        return dx

    text = window.text + f"dilation = array<i64: {window.dilation[0]}, {window.dilation[1]}>"
    y = s.kernel.op("max_pool2d_grad", [dy, argmax], text, function=function)
    return s.done(y)


@family
def avg_pool2d_grad(s):
    window = Window(s, dilation=False)
    c, include = s.upto(1, 40), s.pick(True, False)
    if s.pick(False, True):  # as ceil_mode makes it
        window.out = [e if (e - 1) * t + 1 - p >= h else e + ((e * t - p) < h) for e, t, p, h in
                      zip(window.out, window.stride, window.pad, window.plane)]
    dy = s.tensor([c, *window.out])

    def count(y, dim):
        low, high = (-window.pad[dim], window.plane[dim] + window.pad[dim + 2]) if include else (0, window.plane[dim])
        begin = y * window.stride[dim] - window.pad[dim]
        return min(begin + window.k[dim], high) - max(begin, low)

    def function(dy):
        dx = np.zeros((*dy.shape[:2], *window.plane))
        for y, x, _, py, px in window.taps():
            dx[:, :, py, px] += dy[:, :, y, x] / (count(y, 0) * count(x, 1))
        return dx

    y = s.kernel.op("avg_pool2d_grad", [dy], window.text + f"count_include_pad = {str(include).lower()}", function=function)
    return s.done(y)


# ---------------------------------------------------------------------------------------------------------------
# Normalisation
# ---------------------------------------------------------------------------------------------------------------


def norm_shape(s):
    shape = [s.upto(1, 40)]
    if s.pick(True, True, False):
        shape += [s.upto(1, 14), s.upto(1, 40)]
    return shape


def over(x):
    return tuple(d for d in range(x.ndim) if d != 1)


def per_channel(v, x):
    return v.reshape(1, -1, *[1] * (x.ndim - 2))


@family
def batch_variance(s):
    x = s.tensor(norm_shape(s))
    m = s.kernel.parameter(x.array.shape[1], scale=0.1)
    y = s.kernel.op("batch_variance", [x, m], has_batch=False, function=lambda x, m: ((x - per_channel(m, x)) ** 2).mean(over(x)))
    return s.done(y)


@family
def running_average(s):
    x = s.tensor(norm_shape(s))
    if x.array.size == x.array.shape[1]:
        x = s.tensor([x.array.shape[1], 2, 2])
    c = x.array.shape[1]
    r, b = s.kernel.parameter(c), s.kernel.parameter(c)
    unbiased, momentum = s.pick(True, False), s.pick(0.1, 0.9)

    def function(r, b, x):
        count = x.size // x.shape[1]
        return (1 - momentum) * r + momentum * b * (count / (count - 1) if unbiased else 1)

    y = s.kernel.op("running_average", [r, b, x], f"momentum = {momentum:.6f} : f64" + ", unbiased" * unbiased, has_batch=False, function=function)
    return s.done(y)


@family
def batch_norm2d_grad_weight(s):
    shape = norm_shape(s)
    dy, x = s.tensor(shape), s.tensor(shape)
    m, v = s.kernel.parameter(shape[0], scale=0.1), s.kernel.parameter(shape[0], positive=True)
    y = s.kernel.op("batch_norm2d_grad_weight", [dy, x, m, v], "eps = 1.000000e-02 : f64", has_batch=False,
                    function=lambda dy, x, m, v: (dy * (x - per_channel(m, x))).sum(over(x)) / np.sqrt(v + 0.01))
    return s.done(y)


@family
def batch_norm2d_grad_input(s):
    shape = norm_shape(s)
    dy, x = s.tensor(shape), s.tensor(shape)
    vectors = [s.kernel.parameter(shape[0], positive=i == 2) for i in range(5)]

    def function(dy, x, w, m, v, dw, db):
        count = x.size / x.shape[1]
        each = lambda a: per_channel(a, x)  # noqa: E731
        r = 1 / np.sqrt(each(v) + 0.01)
        return each(w) * r * (dy - each(db) / count - (x - each(m)) * r * each(dw) / count)

    return s.done(s.kernel.op("batch_norm2d_grad_input", [dy, x, *vectors], "eps = 1.000000e-02 : f64", function=function))


@family
def batch_norm2d_scale(s):
    dy = s.tensor(norm_shape(s))
    w, v = s.kernel.parameter(dy.array.shape[1]), s.kernel.parameter(dy.array.shape[1], positive=True)
    return s.done(s.kernel.op("batch_norm2d_scale", [dy, w, v], "eps = 1.000000e-02 : f64",
                              function=lambda dy, w, v: dy * per_channel(w / np.sqrt(v + 0.01), dy)))


@family
def local_response_norm_grad(s):
    shape = [s.upto(1, 40), s.upto(1, 10), s.upto(1, 10)][: s.pick(3, 3, 2)]
    dy, x = s.tensor(shape), s.tensor(shape)
    size, alpha, beta, k = s.upto(1, 6), s.pick(0.1, 1.0), s.pick(0.75, 0.5, 1.0), s.pick(1.0, 2.0)

    def windows(a, before, after):
        padded = np.pad(a, [(0, 0), (before, after)] + [(0, 0)] * (a.ndim - 2))
        return sum(padded[:, i : i + a.shape[1]] for i in range(before + after + 1))

    def function(dy, x):
        base = k + alpha / size * windows(x * x, size // 2, (size - 1) // 2)
        terms = dy * x * base ** (-beta - 1)
        return dy * base**-beta - 2 * alpha * beta / size * x * windows(terms, (size - 1) // 2, size // 2)

    text = f"size = {size} : i64, alpha = {alpha:.6f} : f64, beta = {beta:.6f} : f64, k = {k:.6f} : f64"
    return s.done(s.kernel.op("local_response_norm_grad", [dy, x], text, function=function))


# ---------------------------------------------------------------------------------------------------------------
# Losses
# ---------------------------------------------------------------------------------------------------------------


def nll_parts(x, t, w):
    """The log-probability and the weight of each place's class, and the place's sum over all classes."""
    at = np.expand_dims(np.clip(t, 0, x.shape[1] - 1), 1)
    picked = np.take_along_axis(x, at, 1)[:, 0]
    each = per_channel(w, x)
    return picked, w[at[:, 0]], (each * x).sum(1)


def nll_inputs(s):
    shape = [s.upto(2, 12)] + [s.upto(1, 9) for _ in range(s.pick(0, 0, 1, 2))]
    x = s.tensor(shape)
    t = s.kernel.input(*shape[1:], array=s.random.integers(0, shape[0], (s.kernel.batch, *shape[1:])).astype(np.int32))
    weights = [s.kernel.parameter(shape[0], positive=True)] if s.pick(True, False) else []
    smoothing, mean = s.pick(0.0, 0.1), s.pick(True, False)
    return x, t, weights, smoothing, mean, f"label_smoothing = {smoothing:.6f} : f64" + ", mean" * mean


@family
def nll_loss(s):
    x, t, weights, smoothing, mean, text = nll_inputs(s)
    if s.pick(False, False, True):
        t.array.flat[0] = s.pick(-1, x.array.shape[1])

    def function(x, t, w=None):
        w = np.ones(x.shape[1]) if w is None else w
        picked, weight, every = nll_parts(x, t, w)
        loss = -(1 - smoothing) * weight * picked - smoothing / x.shape[1] * every
        loss = np.where((t < 0) | (t >= x.shape[1]), np.nan, loss)
        return np.array([loss.sum() / (weight.sum() if mean else 1)])

    return s.done(s.kernel.op("nll_loss", [x, t, *weights], text, function=function, has_batch=False))


@family
def nll_loss_grad(s):
    x, t, weights, smoothing, mean, text = nll_inputs(s)
    g = s.kernel.parameter(1)

    def function(g, x, t, w=None):
        w = np.ones(x.shape[1]) if w is None else w
        _, weight, _ = nll_parts(x, t, w)
        hot = np.expand_dims(t, 1) == np.arange(x.shape[1]).reshape(1, -1, *[1] * (x.ndim - 2))
        dx = per_channel(w, x) * (-(1 - smoothing) * hot - smoothing / x.shape[1])
        return g[0] * dx / (weight.sum() if mean else 1)

    return s.done(s.kernel.op("nll_loss_grad", [g, x, t, *weights], text, function=function))


if __name__ == "__main__":
    main(FAMILIES)

"""What a network computes, in NumPy and float64: the judge of compiled networks.

Every operator has the meaning of the PyTorch module or function of its name. As a program:

    reference.py NET --weights W [--input [name=]x.npy ...] --output y.npz
"""

import argparse
from pathlib import Path

import numpy as np

import network_file
from network_file import padding, pair

# ---------------------------------------------------------------------------------------------------------------
# Comparing
# ---------------------------------------------------------------------------------------------------------------


def distance(y, expected):
    """max|y - expected| as a share of max|expected|; infinite where shapes, NaNs or infinities differ."""
    y, expected = np.asarray(y, np.float64), np.asarray(expected, np.float64)
    if y.shape != expected.shape:
        return np.inf
    finite = np.isfinite(expected)
    if not np.array_equal(y[~finite], expected[~finite], equal_nan=True) or not np.isfinite(y[finite]).all():
        return np.inf
    if not finite.any():
        return 0.0
    scale = np.abs(expected[finite]).max()
    error = np.abs(y[finite] - expected[finite]).max()
    return error / scale if scale else (0.0 if error == 0 else np.inf)


def agree(y, expected, tolerance):
    return distance(y, expected) <= tolerance


# ---------------------------------------------------------------------------------------------------------------
# Operators: (inputs, config, parameters) -> result. Parameters are named as in the weight file, less the layer.
# ---------------------------------------------------------------------------------------------------------------


def conv2d(x, config, p):
    weight = p["weight"]  # (out, in / groups, kernel height, kernel width)
    groups = config.get("groups", 1)
    stride, dilation = pair(config.get("stride", 1)), pair(config.get("dilation", 1))
    kernel = weight.shape[2:]
    pads = padding(config.get("padding", 0), kernel, dilation, stride)
    x = _pad_plane(x, pads, 0.0)
    height, width = (_windows(x.shape[2 + i], kernel[i], stride[i], dilation[i]) for i in (0, 1))
    batch, out = x.shape[0], weight.shape[0]
    w = weight.reshape(groups, out // groups, -1, *kernel)
    y = np.zeros((batch, groups, out // groups, height * width))
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            taps = _taps(x, (i, j), (height, width), stride, dilation).reshape(batch, groups, -1, height * width)
            y += w[None, :, :, :, i, j] @ taps
    y = y.reshape(batch, out, height, width)
    return y + p["bias"][None, :, None, None] if "bias" in p else y


def linear(x, config, p):
    y = x @ p["weight"].T
    return y + p["bias"] if "bias" in p else y


def batch_norm2d(x, config, p):
    mean, variance, weight, bias = (
        p[name].reshape(-1, *[1] * (x.ndim - 2)) for name in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(variance + config.get("eps", 1e-5)) * weight + bias


def max_pool2d(x, config, p):
    return _pool(x, config, pair(config.get("dilation", 1)), -np.inf, np.maximum)


def avg_pool2d(x, config, p):
    kernel = pair(config["kernel_size"])
    stride = pair(config.get("stride", config["kernel_size"]))
    pads = padding(config.get("padding", 0), kernel, stride=stride)
    total = _pool(x, config, (1, 1), 0.0, np.add)
    count = []
    for i in (0, 1):  # what a window covers: of the padded image, or of the image itself
        first, size = pads[i], x.shape[2 + i]
        low = np.arange(total.shape[2 + i]) * stride[i] - first
        high = np.minimum(low + kernel[i], size + pads[2 + i])
        if not config.get("count_include_pad", True):
            low, high = np.maximum(low, 0), np.minimum(high, size)
        count.append(high - low)
    return total / (count[0][:, None] * count[1][None, :])


def global_avg_pool2d(x, config, p):
    return x.mean(axis=(2, 3), keepdims=True)


def local_response_norm(x, config, p):
    size = config["size"]
    squares = np.pad(x * x, [(0, 0), (size // 2, (size - 1) // 2)] + [(0, 0)] * (x.ndim - 2))
    mean = sum(squares[:, i : i + x.shape[1]] for i in range(size)) / size  # outside the channels there are zeros
    return x / (config.get("k", 1.0) + config.get("alpha", 1e-4) * mean) ** config.get("beta", 0.75)


def softmax(x, config, p):
    return np.exp(log_softmax(x, config, p))


def log_softmax(x, config, p):
    dim = config.get("dim", 1)
    shifted = x - x.max(axis=dim, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))


def pad(x, config, p):
    amounts = config["padding"]  # from the last dimension: left, right, top, bottom, ...; negative ones crop
    sides = [(0, 0)] * (x.ndim - len(amounts) // 2)
    sides += [tuple(amounts[i : i + 2]) for i in range(len(amounts) - 2, -1, -2)]
    x = x[tuple(slice(max(-low, 0), size - max(-high, 0)) for size, (low, high) in zip(x.shape, sides))]
    return np.pad(x, [(max(low, 0), max(high, 0)) for low, high in sides], constant_values=config.get("value", 0.0))


def flatten(x, config, p):
    start, end = (config.get(key, default) % x.ndim for key, default in (("start_dim", 1), ("end_dim", -1)))
    return x.reshape(*x.shape[:start], -1, *x.shape[end + 1 :])


def reshape(x, config, p):
    return x.reshape([x.shape[0] if size == "batch" else size for size in config["shape"]])


def elu(x, config, p):
    return np.where(x > 0, x, config.get("alpha", 1.0) * np.expm1(np.minimum(x, 0)))


OPERATORS = {
    "conv2d": conv2d,
    "linear": linear,
    "batch_norm2d": batch_norm2d,
    "max_pool2d": max_pool2d,
    "avg_pool2d": avg_pool2d,
    "global_avg_pool2d": global_avg_pool2d,
    "local_response_norm": local_response_norm,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "pad": pad,
    "flatten": flatten,
    "reshape": reshape,
    "elu": elu,
    "relu": lambda x, config, p: np.maximum(x, 0),
    "leaky_relu": lambda x, config, p: np.where(x > 0, x, x * config.get("negative_slope", 0.01)),
    "sigmoid": lambda x, config, p: _sigmoid(x),
    "silu": lambda x, config, p: x * _sigmoid(x),
    "tanh": lambda x, config, p: np.tanh(x),
    "identity": lambda x, config, p: x,
    "dropout": lambda x, config, p: x,
    "add": lambda a, b, config, p: a + b,
    "mul": lambda a, b, config, p: a * b,
    "concat": lambda *x: np.concatenate(x[:-2], axis=x[-2].get("dim", 1)),
}


def _sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def _windows(size, kernel, stride, dilation, ceil=False, first_pad=0, last_pad=0):
    """How many windows fit into `size`, which counts the padding."""
    room = size - dilation * (kernel - 1) - 1
    if room < 0:
        raise ValueError(f"window {kernel} does not fit {size}")
    count = (-(-room // stride) if ceil else room // stride) + 1
    # A window of ceil_mode must begin inside the image or the padding before it.
    if ceil and (count - 1) * stride >= size - last_pad:
        count -= 1
    return count


def _taps(x, at, count, stride, dilation):
    """What the element `at` of the window sees as the window slides."""
    rows, columns = (slice(at[i] * dilation[i], at[i] * dilation[i] + (count[i] - 1) * stride[i] + 1, stride[i]) for i in (0, 1))
    return x[:, :, rows, columns]


def _pad_plane(x, pads, value):
    top, left, bottom, right = pads
    return np.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)], constant_values=value)


def _pool(x, config, dilation, outside, combine):
    kernel = pair(config["kernel_size"])
    stride = pair(config.get("stride", config["kernel_size"]))
    pads = padding(config.get("padding", 0), kernel, dilation, stride)
    ceil = config.get("ceil_mode", False)
    x = _pad_plane(x, pads, outside)
    count = [_windows(x.shape[2 + i], kernel[i], stride[i], dilation[i], ceil, last_pad=pads[2 + i]) for i in (0, 1)]
    reach = [(count[i] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1 - x.shape[2 + i] for i in (0, 1)]
    x = _pad_plane(x, (0, 0, max(reach[0], 0), max(reach[1], 0)), outside)
    y = None
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            taps = _taps(x, (i, j), count, stride, dilation)
            y = taps if y is None else combine(y, taps)
    return y


# ---------------------------------------------------------------------------------------------------------------
# Networks
# ---------------------------------------------------------------------------------------------------------------


def read_weights(path):
    if Path(path).suffix == ".npz":
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    from safetensors.numpy import load_file

    return load_file(path)


def convert_input(x, spec):
    """The float64 NCHW tensor of what a program holds: its type, its layout, its normalization."""
    kind, raw = spec.get("type", "f32"), np.asarray(x)
    wanted = {"f32": np.float32, "u8": np.uint8, "i8": np.int8}[kind]
    if raw.dtype != wanted:
        raise ValueError(f"expected {kind}, got {raw.dtype}")
    x = raw.astype(np.float64)
    if spec.get("layout", "NCHW") == "NHWC":
        x = x.transpose(0, 3, 1, 2)
    if "normalize" in spec:
        x = x / 255 if kind == "u8" else x
        mean, std = (np.asarray(spec["normalize"].get(key, default)) for key, default in (("mean", [0]), ("std", [1])))
        x = (x - mean[:, None, None]) / std[:, None, None]
    if list(x.shape[1:]) != spec["shape"][1:]:
        raise ValueError(f"expected shape {spec['shape']}, got {list(x.shape)}")
    return x


def run(network, weights, inputs, every=False):
    """The outputs by name or, with `every`, the results of all layers."""
    values = {name: convert_input(inputs[name], spec) for name, spec in network.inputs.items()}
    last_use = {name: i for i, layer in enumerate(network.layers) for name in layer.inputs}
    with np.errstate(invalid="ignore", over="ignore"):
        for i, layer in enumerate(network.layers):
            own = {k[len(layer.name) + 1 :]: v.astype(np.float64) for k, v in weights.items() if k.rpartition(".")[0] == layer.name}
            values[layer.name] = OPERATORS[layer.op](*(values[name] for name in layer.inputs), layer.config, own)
            for name in set(layer.inputs):
                if not every and last_use[name] == i and name not in network.outputs:
                    del values[name]
    return values if every else {name: values[name] for name in network.outputs}


def run_in_pieces(network, weights, inputs, piece=100):
    """As `run`, a piece of the batch at a time, for large sets."""
    count = len(next(iter(inputs.values())))
    parts = [run(network, weights, {k: v[i : i + piece] for k, v in inputs.items()}) for i in range(0, count, piece)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def layer_shapes(layer, source):
    """The shapes of a layer's parameters, by name, and of its result, from those of its inputs."""
    config, own = layer.config, {}
    if layer.op == "batch_norm2d":
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (source[0][1],)), source[0]
    if layer.op not in ("conv2d", "linear"):  # run it on values that take no memory
        return own, OPERATORS[layer.op](*(np.broadcast_to(0.0, shape) for shape in source), config, {}).shape
    if layer.op == "linear":
        out = config["out_features"]
        own["weight"] = (out, source[0][-1])
        result = (*source[0][:-1], out)
    else:
        batch, into, *plane = source[0]
        out, groups, kernel = config["out_channels"], config.get("groups", 1), pair(config["kernel_size"])
        if into % groups or out % groups:
            raise ValueError(f"{groups} groups of {into} or {out} channels")
        own["weight"] = (out, into // groups, *kernel)
        one = conv2d(np.zeros((1, 1, *plane)), config | {"groups": 1}, {"weight": np.zeros((1, 1, *kernel))})
        result = (batch, out, *one.shape[2:])
    if config.get("bias", True):
        own["bias"] = (out,)
    return own, result


def network_shapes(network, batch=1):
    """Shapes by name: of the parameters, in the order of the layers, and of all inputs and results."""
    parameters, results = {}, {name: (batch, *spec["shape"][1:]) for name, spec in network.inputs.items()}
    for layer in network.layers:
        own, results[layer.name] = layer_shapes(layer, [results[name] for name in layer.inputs])
        parameters |= {f"{layer.name}.{key}": shape for key, shape in own.items()}
    return parameters, results


def random_weights(network, seed):
    """Weights under which signals keep their size whatever the depth."""
    rng = np.random.default_rng(seed)
    draw = {
        "weight": lambda s: rng.standard_normal(s) * np.sqrt(2 / np.prod(s[1:])) if len(s) > 1 else rng.uniform(0.8, 1.2, s),
        "bias": lambda s: rng.standard_normal(s) * 0.05,
        "running_mean": lambda s: rng.standard_normal(s) * 0.1,
        "running_var": lambda s: rng.uniform(0.8, 1.2, s),
    }
    shapes, _ = network_shapes(network)
    return {name: draw[name.rpartition(".")[2]](shape).astype(np.float32) for name, shape in shapes.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("--weights")
    parser.add_argument("--input", action="append", required=True, metavar="[NAME=]X.npy")
    parser.add_argument("--output", required=True, metavar="Y.npz")
    arguments = parser.parse_args()
    network = network_file.load(arguments.network)
    inputs = {}
    for text in arguments.input:
        name, _, path = text.rpartition("=")
        inputs[name or next(iter(network.inputs))] = np.load(path)
    weights = arguments.weights or network.weights
    np.savez(arguments.output, **run_in_pieces(network, read_weights(weights) if weights else {}, inputs))


if __name__ == "__main__":
    main()

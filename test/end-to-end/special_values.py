"""Every layer that is no convolution on NaN, infinities, signed zeros and large and tiny values.

The network has one output a layer, all reading the same input. Convolutions and linear layers are left out: they are
compiled with fast arithmetic, and one infinity may become NaN on the way.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

import commands
import network_file
import reference

LAYERS = [
    {"op": "relu"},
    {"op": "leaky_relu"},
    {"op": "sigmoid"},
    {"op": "tanh"},
    {"op": "elu"},
    {"op": "silu"},
    {"op": "softmax", "dim": 1},
    {"op": "log_softmax", "dim": 1},
    {"op": "max_pool2d", "kernel_size": 3, "stride": 2, "padding": 1},
    {"op": "max_pool2d", "kernel_size": 2, "ceil_mode": True},
    {"op": "avg_pool2d", "kernel_size": 2},
    {"op": "avg_pool2d", "kernel_size": 3, "padding": 1, "count_include_pad": False},
    {"op": "global_avg_pool2d"},
    {"op": "batch_norm2d"},
    {"op": "local_response_norm", "size": 3},
    {"op": "pad", "padding": [1, 0, 0, 2]},
    {"op": "concat", "dim": 1},
    {"op": "add"},
    {"op": "mul"},
]
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e15, 1e-30, 88.0, -104.0, 700.0, -700.0]


def make(seed):
    """A network of all layers, and an input of which a quarter is special; some planes and rows hold nothing special."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3, 5, 9, 7), np.float32)
    special = rng.random(x.shape) < 0.25 * (rng.random((3, 5, 1, 1)) < 0.7)
    x[special] = rng.choice(np.array(SPECIAL, np.float32), special.sum())
    layers = []
    for i, layer in enumerate(LAYERS):
        sources = {"inputs": ["image", "image"]} if layer["op"] in ("concat", "add", "mul") else {"input": "image"}
        layers.append({"name": f"{layer['op']}_{i}", **layer, **sources})
    outputs = [layer["name"] for layer in layers]
    return {"dlc": 1, "name": "special", "inputs": {"image": {"shape": ["batch", 5, 9, 7]}}, "layers": layers, "outputs": outputs}, x


def differs(y, expected):
    """Where y is no rounding of what is expected."""
    with np.errstate(over="ignore"):
        expected = expected.astype(np.float32)  # where float32 overflows, so may y
    return ~np.isclose(y, expected, rtol=1e-4, atol=1e-4, equal_nan=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dlc", required=True)
    parser.add_argument("--work", required=True, type=Path)
    arguments = parser.parse_args()
    file, x = make(0)
    (arguments.work / "net.json").write_text(json.dumps(file, indent=1))
    network = network_file.expand(file)
    weights = reference.random_weights(network, 0)
    np.savez(arguments.work / "weights.npz", **weights)
    outputs = commands.dlc_run(arguments.dlc, arguments.work / "net.json", arguments.work / "weights.npz", {"image": x}, arguments.work)
    right = 0
    for name, expected in reference.run(network, weights, {"image": x}).items():
        wrong = np.argwhere(differs(outputs[name], expected))
        right += len(wrong) == 0
        for at in map(tuple, wrong[:3]):
            print(f"WRONG {name}{list(map(int, at))}: {outputs[name][at]}, expected {expected[at]}")
    print(f"{right} layers agree")
    sys.exit(0 if right == len(LAYERS) else 1)


if __name__ == "__main__":
    main()

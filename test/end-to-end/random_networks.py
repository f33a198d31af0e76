"""Random small networks of awkward shapes, and what they compute.

    random_networks.py --seeds 0:20 --dlc DLC --work DIR

makes the networks of these seeds, runs each one through `dlc run` and compares all outputs with the reference. With
--link it runs each one as a C program (program.c) instead, which may be for another target:

    random_networks.py … --target aarch64-linux --link "CC FLAGS LIBRARIES" --emulator "qemu-aarch64 -L SYSROOT"

Without --dlc it only writes DIR/SEED/{net.json, weights.npz or .safetensors, input.npy ..., expected.npz}.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

import commands
import network_file
import reference

CHANNELS = [1, 2, 3, 5, 8, 16, 17, 24, 32, 37, 53, 64, 101]
WINDOWS = [1, 1, 2, 3, 3, 3, 3, 4, 5, 7, [3, 1], [1, 3], [5, 7], [2, 5], 11]
STRIDES = [1, 1, 1, 1, 2, 2, 3, [2, 1], [1, 3]]
ACTIVATIONS = [
    {"op": "relu"},
    {"op": "relu"},
    {"op": "leaky_relu", "negative_slope": 0.2},
    {"op": "sigmoid"},
    {"op": "tanh"},
    {"op": "elu"},
    {"op": "elu", "alpha": 0.7},
    {"op": "silu"},
]
LARGEST = 40_000  # elements of an image's tensor
MOST_ARITHMETIC = 60_000_000  # multiply-adds of a layer and image


class Misfit(Exception):
    """A layer that does not go here; another one is tried."""


class Generator:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.layers, self.blocks, self.shapes = [], {}, {}
        self.count = 0

    def pick(self, options):
        value = options[self.rng.integers(len(options))]
        return value.item() if isinstance(value, np.generic) else value

    def chance(self, share):
        return self.rng.random() < share

    # Layers. Every function appends and returns the name of what it made; `x` is the name of what it reads.

    def add(self, config, *inputs):
        """Appends a layer."""
        self.count += 1
        name = f"{config['op']}{self.count}"
        layer = network_file.Layer(name, config["op"], list(inputs), config)
        source = [self.shapes[each] for each in inputs]
        try:
            parameters, shape = reference.layer_shapes(layer, source)
        except ValueError as error:
            raise Misfit from error
        work = np.prod(parameters["weight"][1:]) * np.prod(shape) if "weight" in parameters else 0
        if np.prod(shape) > LARGEST or min(shape) < 1 or work > MOST_ARITHMETIC:
            raise Misfit
        placed = {"name": name, **config}
        if len(inputs) > 1:
            placed["inputs"] = list(inputs)
        elif not self.layers or self.layers[-1]["name"] != inputs[0] or self.chance(0.1):
            placed["input"] = inputs[0]
        self.layers.append(placed)
        self.shapes[name] = shape
        return name

    def divisors(self, number):
        return [d for d in range(1, number + 1) if number % d == 0]

    def padding(self, window):
        height, width = network_file.pair(window)
        return self.pick(
            [0, 0, "valid", min(height, width) // 2, [height // 2, width // 2], [height // 2, width // 2], [0, width // 2, height // 2, 0]]
        )

    def conv(self, x, out=None, same=False):
        into = self.shapes[x][1]
        window, dilation = self.pick(WINDOWS), self.pick([1, 1, 1, 1, 2, 3, [1, 2]])
        config = {"op": "conv2d", "out_channels": out or self.pick(CHANNELS), "kernel_size": window}
        if same:
            config["padding"] = "same"
        else:
            config |= {"padding": self.padding(window), "stride": self.pick(STRIDES)}
            config |= self.pick([{}, {}, {}, {"padding": "same", "stride": 1}])
        config["dilation"] = dilation
        if self.chance(0.3) and out is None:
            groups = self.pick(self.divisors(into))
            config |= {"groups": groups, "out_channels": groups * self.pick([1, 1, 2, 3])}
        if self.chance(0.3):
            config["bias"] = False
        drop = [key for key, default in (("stride", 1), ("dilation", 1), ("padding", 0)) if config.get(key) == default]
        y = self.add({k: v for k, v in config.items() if k not in drop}, x)
        if self.chance(0.3):
            y = self.add(self.pick([{"op": "batch_norm2d"}, {"op": "batch_norm2d", "eps": 0.001}]), y)
        return self.activation(y) if self.chance(0.8) else y

    def activation(self, x):
        return self.add(self.pick(ACTIVATIONS), x)

    def pool(self, x):
        window = self.pick([2, 2, 3, 3, 5, [3, 2], [1, 3], 1])
        config = {"op": self.pick(["max_pool2d", "max_pool2d", "avg_pool2d"]), "kernel_size": window}
        if self.chance(0.6):
            config["stride"] = self.pick([1, 2, 2, 3, [2, 1]])
        if self.chance(0.4):
            config["padding"] = [size // 2 for size in network_file.pair(window)]
        if self.chance(0.4):
            config["ceil_mode"] = True
        if config["op"] == "avg_pool2d" and self.chance(0.5):
            config["count_include_pad"] = False
        if config["op"] == "max_pool2d" and self.chance(0.15):
            config["dilation"] = 2
        return self.add(config, x)

    def residual(self, x):
        y = self.conv(x, out=self.shapes[x][1], same=True)
        for _ in range(self.rng.integers(2)):
            y = self.conv(y, out=self.shapes[x][1], same=True)
        y = self.add({"op": "add"}, *self.pick([(x, y), (y, x)]))
        return self.activation(y) if self.chance(0.6) else y

    def branches(self, x):
        parts = [self.conv(x, out=self.pick(CHANNELS), same=True) for _ in range(self.rng.integers(1, 4))]
        if self.chance(0.3):
            parts.append(self.add({"op": "max_pool2d", "kernel_size": 3, "stride": 1, "padding": 1}, x))
        if self.chance(0.3) or len(parts) == 1:
            parts.append(x)
        return self.add({"op": "concat", "dim": 1}, *parts)

    def gate(self, x):
        """Squeeze and excite: every channel times a number that is computed from all of them."""
        channels = self.shapes[x][1]
        y = self.add({"op": "global_avg_pool2d"}, x)
        y = self.add({"op": "conv2d", "out_channels": max(channels // 4, 1), "kernel_size": 1}, y)
        y = self.add({"op": "conv2d", "out_channels": channels, "kernel_size": 1}, self.add({"op": "relu"}, y))
        return self.add({"op": "mul"}, x, self.add({"op": "sigmoid"}, y))

    def other(self, x):
        left, top, front = (self.pick([0, 1, 2]) for _ in range(3))
        config = self.pick(
            [
                {"op": "local_response_norm", "size": self.pick([2, 3, 5]), "alpha": 0.1, "k": self.pick([1.0, 2.0])},
                {"op": "pad", "padding": [left, 1, top, 2]},
                {"op": "pad", "padding": [left, 0, top, 0, front, 1], "value": self.pick([0.0, 0.5])},
                {"op": "pad", "padding": [-1, 0, 1, -1]},
                {"op": "batch_norm2d"},
                {"op": "dropout", "p": 0.3},
                {"op": "identity"},
                {"op": "softmax", "dim": 1},
                {"op": "log_softmax", "dim": -1},
                {"op": "max_pool2d", "kernel_size": 1, "stride": 2},
                {"op": "concat", "dim": self.pick([2, 3])},
            ]
        )
        return self.add(config, *[x] * (2 if config["op"] == "concat" else 1))

    def use_of_a_block(self, x):
        """A residual block with parameters, used once or several times in a row."""
        channels = self.shapes[x][1]
        expansion, window = self.pick([1, 2]), self.pick([1, 3, 5])
        if channels * expansion > 128 or np.prod(self.shapes[x]) * channels * expansion * window**2 > MOST_ARITHMETIC:
            raise Misfit
        self.blocks["residual"] = {
            "parameters": ["channels", "expansion", "window"],
            "layers": [
                {"name": "grow", "op": "conv2d", "out_channels": "$channels*expansion", "kernel_size": 1},
                {"op": "relu"},
                {"name": "mix", "op": "conv2d", "out_channels": "$channels", "kernel_size": "$window", "padding": "$(window - 1)/2", "bias": False},
                {"name": "bn", "op": "batch_norm2d"},
                {"op": "add", "inputs": ["bn", "$input"]},
                {"op": "relu"},
            ],
        }
        self.count += 1
        name = f"block{self.count}"
        use = {"name": name, "op": "residual", "input": x, "channels": channels, "expansion": expansion, "window": window}
        if self.chance(0.5):
            use |= {"repeat": 2, "start": self.pick([0, 1])}
        self.layers.append(use)
        # The end of a repeated block has no name that a layer may say: an identity gives it one.
        self.shapes[name] = self.shapes[x]
        self.layers.append({"name": name + "_end", "op": "identity"})
        self.shapes[name + "_end"] = self.shapes[x]
        return name + "_end"

    def head(self, x):
        channels, height, width = self.shapes[x][1:]
        if self.chance(0.5):
            x = self.add({"op": "flatten"}, self.add({"op": "global_avg_pool2d"}, x))
        elif self.chance(0.3):
            x = self.add({"op": "linear", "out_features": self.pick(CHANNELS)}, self.add({"op": "flatten", "start_dim": 2}, x))
            x = self.add({"op": "flatten"}, x)
        elif self.chance(0.3):
            x = self.add({"op": "reshape", "shape": ["batch", height, -1]}, x)
            x = self.add({"op": "reshape", "shape": ["batch", channels * height * width]}, x)
        else:
            x = self.add({"op": "flatten"}, x)
        for _ in range(self.rng.integers(2)):
            x = self.activation(self.add({"op": "linear", "out_features": self.pick(CHANNELS)}, x))
        x = self.add({"op": "linear", "out_features": self.pick([10, 37, 100]), **self.pick([{}, {"bias": False}])}, x)
        return self.add({"op": self.pick(["softmax", "log_softmax"])}, x) if self.chance(0.5) else x

    def network(self, seed):
        channels = self.pick([1, 2, 3, 3, 4, 16, 37])
        height, width = (int(size) for size in self.rng.integers(5, 34, 2))
        spec = {"shape": ["batch", channels, height, width]}
        if self.chance(0.3):
            spec |= {"layout": "NHWC"}
        if self.chance(0.3):
            each = channels if self.chance(0.7) else 1
            spec["normalize"] = {key: [round(v, 3) for v in self.rng.uniform(0.2, 0.6, each).tolist()] for key in ("mean", "std")}
            spec |= self.pick([{"type": "u8"}, {"type": "u8"}, {}])
        inputs = {"image": spec}
        self.shapes["image"] = (1, channels, height, width)
        x, seen = "image", []
        steps = [self.conv] * 5 + [self.pool] * 2 + [self.other] * 3
        steps += [self.residual, self.branches, self.gate, self.use_of_a_block]
        for _ in range(self.rng.integers(2, 6)):
            x = self.attempt(steps, x)
            seen.append(x)
        if self.chance(0.7):
            x = self.attempt([self.head], x) if np.prod(self.shapes[x]) < 20_000 else x
        outputs = [x]
        if self.chance(0.2) and seen[0] not in outputs:
            outputs.append(seen[0])
        self.forget_names(outputs)
        file = {"dlc": 1, "name": f"random{seed}", "inputs": inputs, "layers": self.layers, "outputs": outputs}
        if self.blocks:
            file["blocks"] = self.blocks
        return file

    def forget_names(self, outputs):
        """Leaves out names that nothing needs, as people do."""
        needed = set(outputs).union(*([layer.get("input")] + layer.get("inputs", []) for layer in self.layers))
        for layer in self.layers:
            owns = layer["op"] in ("conv2d", "linear", "batch_norm2d") or layer["op"] in self.blocks
            if layer["name"] not in needed and not owns and self.chance(0.7):
                del layer["name"]

    def attempt(self, steps, x):
        """One of the steps that fits; what a failed one appended is taken away again."""
        for _ in range(100):
            kept, count = len(self.layers), dict(self.shapes)
            try:
                return self.pick(steps)(x)
            except Misfit:
                del self.layers[kept:]
                self.shapes = count
        raise RuntimeError("no layer fits")


def random_input(network, batch, rng):
    inputs = {}
    for name, spec in network.inputs.items():
        channels, height, width = spec["shape"][1:]
        shape = (batch, height, width, channels) if spec.get("layout") == "NHWC" else (batch, channels, height, width)
        byte = spec.get("type") == "u8"
        inputs[name] = rng.integers(0, 256, shape, np.uint8) if byte else rng.standard_normal(shape, np.float32)
    return inputs


def make(seed):
    """A network whose outputs say something: neither infinities nor only zeros."""
    for attempt in range(100):
        generator = Generator([seed, attempt])
        file = generator.network(seed)
        network = network_file.expand(file)
        weights = reference.random_weights(network, seed)
        inputs = random_input(network, int(generator.rng.integers(1, 6)), generator.rng)
        expected = reference.run(network, weights, inputs)
        if all(np.isfinite(y).all() and np.abs(y).max() > 1e-3 for y in expected.values()):
            return file, weights, inputs, expected
    raise RuntimeError(f"seed {seed} gives no network")


def write(seed, folder):
    """Writes the files of a seed; returns the weights' path, the inputs and the expected outputs."""
    folder.mkdir(parents=True, exist_ok=True)
    file, weights, inputs, expected = make(seed)
    (folder / "net.json").write_text(json.dumps(file, indent=1))
    path = folder / ["weights.npz", "weights.safetensors"][seed % 2]
    if path.suffix == ".npz":
        np.savez(path, **weights)
    else:
        save_file(weights, path)
    for name, x in inputs.items():
        np.save(folder / f"{name}.npy", x)
    np.savez(folder / "expected.npz", **expected)
    return path, inputs, expected


def run_linked(arguments, seed, folder, weights, inputs, expected):
    """The outputs of program.c, linked with the network's object and run by the emulator, if there is one."""
    words = [] if arguments.target is None else ["--target", arguments.target]
    commands.run(arguments.dlc, "compile", folder / "net.json", "--weights", weights, "-o", folder / "net.o", *words)
    program = Path(__file__).with_name("program.c")
    compiler, *flags = shlex.split(arguments.link)
    commands.run(compiler, f"-DMODEL=random{seed}_model", program, folder / "net.o", *flags, "-o", folder / "program")
    batch = next(iter(inputs.values())).shape[0]
    paths = [folder / f"{name}.npy" for name in inputs] + [folder / f"{name}.f32" for name in expected]
    commands.run(*shlex.split(arguments.emulator), folder / "program", batch, 1 + seed % 3, *paths)
    return {name: np.fromfile(folder / f"{name}.f32", np.float32).reshape(y.shape) for name, y in expected.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0:10", metavar="FIRST:END")
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--dlc")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--option", action="append", default=[], help="passed on to dlc run, such as --option=--exact")
    parser.add_argument("--link", help="compiler, flags and libraries of a program that holds the network")
    parser.add_argument("--target", help="of --link")
    parser.add_argument("--emulator", default="", help="of --link: the command that runs the program")
    arguments = parser.parse_args()
    wrong = 0
    for seed in range(*map(int, arguments.seeds.split(":"))):
        folder = arguments.work / str(seed)
        weights, inputs, expected = write(seed, folder)
        if arguments.dlc:
            try:
                if arguments.link:
                    outputs = run_linked(arguments, seed, folder, weights, inputs, expected)
                else:
                    outputs = commands.dlc_run(arguments.dlc, folder / "net.json", weights, inputs, folder, arguments.option)
                far = max(reference.distance(outputs[name], y) for name, y in expected.items())
                verdict = "agrees" if far <= arguments.tolerance else "WRONG"
            except commands.Failed as failure:
                far, verdict = np.nan, f"FAILED\n{failure}"
            wrong += verdict != "agrees"
            print(f"seed {seed}: distance {far:.1e}: {verdict}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

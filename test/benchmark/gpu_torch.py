"""The time of a network in PyTorch, for gpu.sh: gpu_torch.py FOLDER BATCH DEVICE SECONDS

Reads layers.json, and prints the median ms of a run from memory of the host to memory of the host: the better of eager mode
with the tensors as they are and in channels_last, in fp32 with TF32 off. Fails where there is no PyTorch with CUDA.
"""

import json
import statistics
import sys
import time
from pathlib import Path

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    sys.exit("gpu: there is no PyTorch")


def pair(value):
    return tuple(value) if isinstance(value, (list, tuple)) else (value, value)


class Network(torch.nn.Module):
    """Each layer by PyTorch's function of that name; what has parameters is a module, made when its input is first seen."""

    def __init__(self, file):
        super().__init__()
        self.file = file
        self.modules_by_name = torch.nn.ModuleDict()

    def module(self, layer, make):
        key = layer["name"].replace(".", "/")
        if key not in self.modules_by_name:
            self.modules_by_name[key] = make()
        return self.modules_by_name[key]

    def apply_layer(self, layer, xs):
        op, config, x = layer["op"], dict(layer["config"]), xs[0]
        if op == "conv2d":
            sizes = {key: pair(config[key]) for key in ("kernel_size", "stride", "dilation") if key in config}
            padding = config.get("padding", 0)
            if isinstance(padding, (list, tuple)) and len(padding) == 4:
                assert padding[0] == padding[1] and padding[2] == padding[3], "PyTorch pads both sides alike"
                padding = (padding[0], padding[2])
            return self.module(layer, lambda: torch.nn.Conv2d(x.shape[1], config["out_channels"], padding=padding, **sizes,
                                                              groups=config.get("groups", 1), bias=config.get("bias", True)))(x)
        if op == "linear":
            return self.module(layer, lambda: torch.nn.Linear(x.shape[1], config["out_features"], config.get("bias", True)))(x)
        if op == "batch_norm2d":
            return self.module(layer, lambda: torch.nn.BatchNorm2d(x.shape[1], eps=config.get("eps", 1e-5)).eval())(x)
        if op == "max_pool2d":
            size = pair(config["kernel_size"])
            return F.max_pool2d(x, size, pair(config.get("stride", size)), pair(config.get("padding", 0)),
                                ceil_mode=config.get("ceil_mode", False))
        if op == "avg_pool2d":
            size = pair(config["kernel_size"])
            return F.avg_pool2d(x, size, pair(config.get("stride", size)), pair(config.get("padding", 0)))
        simple = {"relu": F.relu, "relu6": F.relu6, "tanh": torch.tanh, "dropout": lambda x: x, "flatten": lambda x: x.flatten(1),
                  "add": lambda x, y: x + y, "global_avg_pool2d": lambda x: x.mean((2, 3), keepdim=True),
                  "concat": lambda *xs: torch.cat(xs, config.get("dim", 1))}
        return simple[op](*xs)

    def forward(self, x):
        values = {next(iter(self.file["inputs"])): x}
        for layer in self.file["layers"]:
            values[layer["name"]] = self.apply_layer(layer, [values[name] for name in layer["inputs"]])
        return values[self.file["outputs"][0]]


def measure(network, x, device, seconds):
    times, runs, end = [], 0, None
    while runs < 8 or time.perf_counter() < end:
        begin = time.perf_counter()
        network(x.to(device)).cpu()
        runs += 1
        if runs == 3:
            end = time.perf_counter() + seconds
        if runs > 3:
            times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times)


def main():
    folder, batch, device, seconds = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    if device != "cpu" and not torch.cuda.is_available():
        sys.exit("gpu: PyTorch finds no CUDA")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    file = json.loads((folder / "layers.json").read_text())
    x = torch.randn(batch, *next(iter(file["inputs"].values()))["shape"][1:])
    network = Network(file)
    with torch.inference_mode():
        network(x)
        network = network.to(device)
        found = [measure(network, x, device, seconds)]
        network, x = network.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
        found.append(measure(network, x, device, seconds))
    print(f"{min(found):.3g}")


if __name__ == "__main__":
    main()

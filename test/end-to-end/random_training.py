"""Random small networks in training: gradients of the scheduled f32 kernels against those of the simple f64 ones.

    random_training.py --seeds 0:20 --dlc DLC

The networks are those of random_networks.py with a mean squared error at every output. Rounding alone moves values by
some 1e-6 of their size after a dozen layers. Where that crosses a kink (of ReLU, of a maximum), an element's whole
gradient changes, which happens to a like share of the elements. So tensors are compared as vectors,
‖f32 − f64‖ ≤ 1e-3 (‖f64‖ + 1e-3 of the network's largest ‖f64‖), the second term for gradients that cancel to zero.
"""

import argparse
import copy
import sys

import numpy as np

import random_networks
import reference
from trainer import Trainer

TOLERANCE = 1e-3
RAW = ("type", "layout", "normalize")


def make(seed):
    """A network file with its training, and a batch of inputs and targets."""
    file, weights, inputs, expected = random_networks.make(seed)
    if not weights:  # without parameters there is nothing to train but the inputs
        file, inputs = convert(file, inputs)
    for spec in file["inputs"].values():
        if not spec.keys() & set(RAW) and (seed % 3 == 0 or not weights):
            spec["requires_grad"] = True
    losses = [{"op": "mse", "input": name, "target": f"target{i}"} for i, name in enumerate(file["outputs"])]
    file["training"] = {"loss": losses, "optimizer": {"op": "sgd"}}
    rng = np.random.default_rng(seed)
    inputs |= {f"target{i}": rng.standard_normal(expected[name].shape) for i, name in enumerate(file["outputs"])}
    return file, inputs


def convert(file, inputs):
    """The same network over the values to which it converts its raw inputs, and these values."""
    file, inputs = copy.deepcopy(file), dict(inputs)
    for name, spec in file["inputs"].items():
        inputs[name] = reference.convert_input(inputs[name], spec)
        for key in RAW:
            spec.pop(key, None)
    return file, inputs


def gradients(dlc, file, inputs, precision, parameters, threads):
    """Of parameters and inputs, by name; draws `parameters`, or takes them over."""
    rng = np.random.default_rng(1)
    batch = len(next(iter(inputs.values())))
    with Trainer(dlc, file, batch=batch, threads=threads, flags=["--precision", precision]) as trainer:
        for name, value in trainer.values.items():
            # Off the zeros of biases: what is normalized has a mean of exactly zero, which is ReLU's kink.
            off = 0 if "running" in name else 0.1 * rng.standard_normal(value.shape)
            value[...] = parameters.setdefault(name, value + off)
        trainer.forward(inputs)
        found = {name: gradient.astype(np.float64) for name, gradient in trainer.backward().items() if name.endswith(".grad")}
        return found | {name: gradient.astype(np.float64) for name, gradient in trainer.gradients.items()}


def check(dlc, seed):
    """The largest distance, and of which tensor."""
    file, inputs = make(seed)
    parameters = {}
    exact = gradients(dlc, *convert(file, inputs), "f64", parameters, threads=1)
    single = gradients(dlc, file, inputs, "f32", parameters, threads=1 + seed % 3)
    largest = max(np.linalg.norm(gradient) for gradient in exact.values())
    return max((np.linalg.norm(single[name] - gradient) / (np.linalg.norm(gradient) + 1e-3 * largest), name)
               for name, gradient in exact.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0:10", metavar="FIRST:END")
    parser.add_argument("--dlc", required=True)
    arguments = parser.parse_args()
    wrong = 0
    for seed in range(*map(int, arguments.seeds.split(":"))):
        try:
            far, name = check(arguments.dlc, seed)
            agrees, verdict = far <= TOLERANCE, f"distance {far:.1e} at {name}"
        except RuntimeError as failure:
            agrees, verdict = False, f"failed: {failure}"
        wrong += not agrees
        print(f"seed {seed}: {verdict}: {'agrees' if agrees else 'WRONG'}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

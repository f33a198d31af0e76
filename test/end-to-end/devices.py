"""What a device computes, against the CPU: every layer and loss, forward and backward, the losses of 50 steps, networks.

    devices.py DLC DEVICE layers [NAME …]
    devices.py DLC DEVICE doubles [NAME …]      in f64
    devices.py DLC DEVICE steps NETWORK.json
    devices.py DLC DEVICE network NETWORK.json FOLDER

All sums have a fixed order on both sides, but not the same one: results differ as sums of as many numbers do, 1e-4 of
a tensor's largest element at most.
"""

import functools
import json
import sys
from pathlib import Path

import numpy as np

import commands
import gradients
import network_file
import random_networks
import zoo
from trainer import Trainer

TOLERANCE = {"f32": 1e-4, "f64": 1e-12}
STEPS = 50


def trainer(dlc, device, network, batch, where, precision="f32"):
    return Trainer(dlc, network, batch=batch, flags=["--gpu", device, "--precision", precision], device=where)


def passes(dlc, device, where, network, inputs, cotangents, parameters, precision):
    """All that a forward and a backward pass give."""
    with trainer(dlc, device, network, gradients.BATCH, where, precision) as session:
        for name, value in session.values.items():
            value[...] = parameters.setdefault(name, value + (0.1 * np.cos(np.arange(value.size)).reshape(value.shape)
                                                              if "running" not in name else 0))
        found = dict(session.forward(inputs))
        if cotangents is None:
            given = {}
        else:
            rng = np.random.default_rng(3)
            for name in list(found):
                cotangents.setdefault(name, rng.standard_normal(found[name].shape).astype(np.float32))
            given = {f"{name}.grad": cotangents[name] for name in found}
        found.update(session.backward(given))
        found.update({f"{name}.grad": value.copy() for name, value in session.gradients.items()})
        return found


def check(dlc, device, name, network, inputs, cotangents, precision):
    parameters = {}
    expected = passes(dlc, device, "cpu", network, inputs, cotangents, parameters, precision)
    found = passes(dlc, device, device, network, inputs, cotangents, parameters, precision)
    good = found.keys() == expected.keys()
    for key in expected:
        good &= gradients.compare(f"{name} {key}", found[key].astype(np.float64), expected[key].astype(np.float64),
                                  TOLERANCE[precision])
    print(f"{'ok' if good else 'WRONG'} {name}: {len(expected)} tensors", flush=True)
    return good


def check_layers(dlc, device, *names, precision="f32"):
    good = True
    for case in gradients.CASES:
        if names and case["op"] not in names:
            continue
        network, rng = gradients.network_of(case), np.random.default_rng(1)
        draw = gradients.DRAW[case["values"]]
        inputs = {name: draw((gradients.BATCH, *spec["shape"][1:]), rng) for name, spec in network["inputs"].items()}
        good &= check(dlc, device, case["op"], network, inputs, {}, precision)
    for op, (variants, _) in gradients.LOSSES.items():
        if names and op not in names:
            continue
        good &= check(dlc, device, f"loss {op}", gradients.loss_network_of(op, variants), gradients.loss_inputs(op), None,
                      precision)
    print("all agree" if good else "some disagree")
    return good


def check_steps(dlc, device, path):
    """The same batches on both."""
    network = json.loads(open(path).read())
    losses = {}
    for where in "cpu", device:
        rng = np.random.default_rng(5)
        with trainer(dlc, device, path, 16, where) as session:
            losses[where] = []
            for _ in range(STEPS):
                labels = rng.integers(0, 10, 16)
                shape = next(iter(network["inputs"].values()))["shape"][1:]
                # A pattern for each class, in noise: something to learn.
                patterns = np.random.default_rng(6).standard_normal((10, *shape))
                inputs = {name: 0.3 * (patterns[labels] + 0.3 * rng.standard_normal((16, *shape))) for name in network["inputs"]}
                given = [info.name.decode() for info in session.infos["inputs"][: session.infos["forward_inputs"]]]
                inputs.update({name: labels for name in given if name not in inputs})
                losses[where].append(float(session.step(inputs)["loss"][0]))
    cpu, other = np.array(losses["cpu"]), np.array(losses[device])
    far = np.abs(cpu - other).max()
    print(f"losses from {cpu[0]:.4f} to {cpu[-1]:.4f}, apart by {far:.1e}: {'agree' if far <= 1e-3 else 'DISAGREE'}")
    return far <= 1e-3 and cpu[-5:].mean() < 0.7 * cpu[:5].mean()


def check_network(dlc, device, path, folder):
    """A whole network with weights drawn by seed; compared is what the softmax at its end reads."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    network = folder / "net.json"
    network.write_text(json.dumps(zoo.without_softmax(Path(path))))
    inputs = random_networks.random_input(network_file.load(network), 1, np.random.default_rng(2))
    expected = commands.dlc_run(dlc, network, None, inputs, folder)
    found = commands.dlc_run(dlc, network, None, inputs, folder, ["--gpu", device])
    good = found.keys() == expected.keys()
    for name, y in expected.items():
        far = np.abs(found[name] - y).max() / np.abs(y).max()
        close = bool(far <= TOLERANCE["f32"]) and y.std() > 0
        print(f"{Path(path).stem} {name}: up to {np.abs(y).max():.3g}, apart by {far:.1e}: {'agrees' if close else 'WRONG'}")
        good &= close
    return good


def main():
    dlc, device, what, *rest = sys.argv[1:]
    doubles = functools.partial(check_layers, precision="f64")
    checks = {"layers": check_layers, "doubles": doubles, "steps": check_steps, "network": check_network}
    good = checks[what](dlc, device, *rest)
    sys.exit(not good)


if __name__ == "__main__":
    main()

"""Runs networks of examples/zoo with random weights through `dlc run`: zoo.py --dlc DLC --work DIR NETWORK ...

Compared is what the softmax at the end reads: with random weights its result would be a one and zeros.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

import commands
import network_file
import random_networks
import reference

ZOO = Path(__file__).parent / "../../examples/zoo"


def without_softmax(path):
    file = json.loads(path.read_text())
    assert file["layers"].pop()["op"] == "softmax"
    file["outputs"] = [file["layers"][-1].setdefault("name", "logits")]
    return file


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--dlc", required=True)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()
    wrong = 0
    for name in arguments.networks:
        folder = arguments.work / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "net.json").write_text(json.dumps(without_softmax(ZOO / f"{name}.json")))
        network = network_file.load(folder / "net.json")
        weights = reference.random_weights(network, 1)
        inputs = random_networks.random_input(network, arguments.batch, np.random.default_rng(2))
        expected = reference.run(network, weights, inputs)
        path = folder / "weights.npz"
        np.savez(path, **weights)
        try:
            outputs = commands.dlc_run(arguments.dlc, folder / "net.json", path, inputs, folder)
            far = max(reference.distance(outputs[output], y) for output, y in expected.items())
            verdict = "agrees" if far <= arguments.tolerance else "WRONG"
        except commands.Failed as failure:
            far, verdict = np.nan, f"FAILED\n{failure}"
        path.unlink()
        wrong += verdict != "agrees"
        print(f"{name}: distance {far:.1e}: {verdict}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

"""Compares outputs: compare.py Y EXPECTED [--tolerance T] [--output NAME] [--labels L.npy --scores NAME]

Y and EXPECTED are .npz files, or single arrays: .npy, or raw .f32 of the other's shape. Prints the distance of every
expected output, and with labels the accuracy of both; fails where an output is further away than T of its largest value,
or where the accuracy differs.
"""

import argparse
import sys

import numpy as np

import reference


def read(path):
    if path.endswith(".npz"):
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    return np.fromfile(path, np.float32) if path.endswith(".f32") else np.load(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("y")
    parser.add_argument("expected")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--output", help="the only output to compare")
    parser.add_argument("--labels")
    parser.add_argument("--scores", help="the output that holds the scores of the classes")
    arguments = parser.parse_args()
    ys, expected = read(arguments.y), read(arguments.expected)
    if not isinstance(expected, dict):
        expected = {arguments.output or "y": expected}
    if arguments.output:
        expected = {arguments.output: expected[arguments.output]}
    if not isinstance(ys, dict):
        (name, shape), = ((name, y.shape) for name, y in expected.items())
        ys = {name: ys.reshape(shape) if arguments.y.endswith(".f32") else ys}

    good = True
    for name, y in expected.items():
        far = reference.distance(ys[name], y)
        good &= far <= arguments.tolerance
        print(f"{name}: distance {far:.1e}, {'agrees' if far <= arguments.tolerance else 'WRONG'}")
    if arguments.labels:
        labels = np.load(arguments.labels)
        mine, theirs = ((scores[arguments.scores].argmax(1) == labels).mean() for scores in (ys, expected))
        good &= mine == theirs
        print(f"accuracy: {mine:.2%}, reference {theirs:.2%}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

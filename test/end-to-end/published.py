"""Checks what `dlc inspect --json` says (standard input) against published tables: published.py NETWORK"""

import json
import sys

# Network -> all parameters, then the layers that the publications list: (op, shape of an item, parameters).
VGG16 = [
    ("conv2d", [64, 224, 224], 1792),
    ("conv2d", [64, 224, 224], 36928),
    ("max_pool2d", [64, 112, 112], 0),
    ("conv2d", [128, 112, 112], 73856),
    ("conv2d", [128, 112, 112], 147584),
    ("max_pool2d", [128, 56, 56], 0),
    ("conv2d", [256, 56, 56], 295168),
    ("conv2d", [256, 56, 56], 590080),
    ("conv2d", [256, 56, 56], 590080),
    ("max_pool2d", [256, 28, 28], 0),
    ("conv2d", [512, 28, 28], 1180160),
    ("conv2d", [512, 28, 28], 2359808),
    ("conv2d", [512, 28, 28], 2359808),
    ("max_pool2d", [512, 14, 14], 0),
    ("conv2d", [512, 14, 14], 2359808),
    ("conv2d", [512, 14, 14], 2359808),
    ("conv2d", [512, 14, 14], 2359808),
    ("max_pool2d", [512, 7, 7], 0),
    ("linear", [4096], 102764544),
    ("linear", [4096], 16781312),
    ("linear", [1000], 4097000),
]
ALEXNET = [
    ("conv2d", [96, 55, 55], 34944),
    ("max_pool2d", [96, 27, 27], 0),
    ("conv2d", [256, 27, 27], 307456),
    ("max_pool2d", [256, 13, 13], 0),
    ("conv2d", [384, 13, 13], 885120),
    ("conv2d", [384, 13, 13], 663936),
    ("conv2d", [256, 13, 13], 442624),
    ("max_pool2d", [256, 6, 6], 0),
    ("linear", [4096], 37752832),
    ("linear", [4096], 16781312),
    ("linear", [1000], 4097000),
]
LENET5 = [
    ("conv2d", [6, 28, 28], 156),
    ("avg_pool2d", [6, 14, 14], 0),
    ("conv2d", [16, 10, 10], 2416),
    ("avg_pool2d", [16, 5, 5], 0),
    ("linear", [120], 48120),
    ("linear", [84], 10164),
    ("linear", [10], 850),
]
PUBLISHED = {
    "vgg16": (138357544, VGG16),
    "alexnet": (60965224, ALEXNET),
    "lenet5": (61706, LENET5),
    "googlenet": (6998552, None),
    "resnet50": (25557032, None),
    "filters": (760, [("conv2d", [10, 32, 32], 760)]),
}


def main():
    parameters, table = PUBLISHED[sys.argv[1]]
    report = json.load(sys.stdin)
    listed = {op for op, _, _ in table or []}
    found = [(layer["op"], layer["output_shape"][1:], layer["parameters"]) for layer in report["layers"] if layer["op"] in listed]
    assert report["parameters"] == parameters, f"{report['parameters']} parameters, expected {parameters}"
    for got, expected in zip(found, table or [], strict=True):
        assert got == expected, f"{got}, expected {expected}"


if __name__ == "__main__":
    main()

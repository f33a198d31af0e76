"""Makes arrays of real data: data.py mnist|cifar10|photos|digits SOURCE FOLDER [COUNT]

Writes FOLDER/images.npy as the networks of examples/ take them, and FOLDER/labels.npy or, for the photos,
FOLDER/names.txt and one PNG each. SOURCE is the folder of the data sets, or digits.csv.gz; COUNT takes the
first ones alone.
"""

import gzip
import sys
from pathlib import Path

import numpy as np


def mnist(source):
    images = np.frombuffer(gzip.decompress((source / "mnist/t10k-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((source / "mnist/t10k-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    return images.reshape(-1, 1, 28, 28).astype(np.float32) / 255, labels


def cifar10(source):
    records = np.fromfile(source / "cifar10/cifar10_test_first1000.bin", np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def photos(source):
    with np.load(source / "models/squeezenet1.1_onnxzoo_photos_io.npz") as file:
        return file["crops_rgb_u8"], file["names"]


def digits(source):
    table = np.loadtxt(gzip.open(source), delimiter=",", dtype=np.uint8)[-360:]
    return table[:, :64].reshape(-1, 1, 8, 8), table[:, 64]


def main():
    kind, source, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    images, labels = {"mnist": mnist, "cifar10": cifar10, "photos": photos, "digits": digits}[kind](source)
    if len(sys.argv) > 4:
        images, labels = images[: int(sys.argv[4])], labels[: int(sys.argv[4])]
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "images.npy", images)
    if kind != "photos":
        np.save(folder / "labels.npy", labels)
        return
    from PIL import Image

    for image, name in zip(images, labels):
        Image.fromarray(image).save(folder / f"{Path(str(name)).stem}.png")


if __name__ == "__main__":
    main()

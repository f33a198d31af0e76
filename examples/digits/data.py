"""Writes scikit-learn's 1,797 handwritten digits, which are a file in its package, for training and for the program:
data.py DIGITS.npz HELD-OUT.csv. The first 1,437 are trained on, the last 360 held out."""

import gzip
import sys
from pathlib import Path

import numpy as np
import sklearn

lines = gzip.decompress((Path(sklearn.__file__).parent / "datasets/data/digits.csv.gz").read_bytes()).decode().splitlines()
digits = np.array([line.split(",") for line in lines], float).astype(np.uint8)
images, labels = digits[:, :64].reshape(-1, 8, 8), digits[:, 64]
np.savez(sys.argv[1], x_train=images[:-360], y_train=labels[:-360], x_test=images[-360:], y_test=labels[-360:])
Path(sys.argv[2]).write_text("\n".join(lines[-360:]) + "\n")

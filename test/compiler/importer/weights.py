"""Writes the same weights in every form that dlc reads.

    weights.py DIR

Each file holds fc.weight [2, 3] = 0 1 2 3 4 5 and fc.bias [2] = -1 1, which every type here has exactly (or its square).
"""

import struct
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

WEIGHT, BIAS = np.arange(6).reshape(2, 3), np.array([-1, 1])


def save_npz(path, weight, bias, save=np.savez):
    save(path, **{"fc.weight": weight, "fc.bias": bias})


def bf16(array):
    return array.astype(np.float32).view(np.uint32) >> 16


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for dtype in ["<f4", "<f2", "<f8", "<i1", "<i2", "<i4", "<i8", ">f4", ">f2", ">f8", ">i4"]:
        name = dtype.replace("<", "little-").replace(">", "big-")
        save_npz(folder / f"{name}.npz", WEIGHT.astype(dtype), BIAS.astype(dtype))
    for dtype in ["u1", "u2", "u4", "u8", "?"]:
        name = dtype.replace("?", "bool")
        save_npz(folder / f"{name}.npz", WEIGHT.astype(dtype), BIAS.astype("<f4"))
    save_npz(folder / "fortran.npz", np.asfortranarray(WEIGHT.astype("<f4")), BIAS.astype("<f4"))
    save_npz(folder / "deflated.npz", WEIGHT.astype("<f4"), BIAS.astype("<f4"), np.savez_compressed)
    save_npz(folder / "deflated-fortran.npz", np.asfortranarray(WEIGHT.astype(">f8")), BIAS.astype("<f4"), np.savez_compressed)

    for dtype in [np.float32, np.float16, np.float64, np.int8, np.int16, np.int32, np.int64]:
        arrays = {"fc.weight": WEIGHT.astype(dtype), "fc.bias": BIAS.astype(dtype)}
        save_file(arrays, folder / f"{np.dtype(dtype).name}.safetensors")
    data = bf16(WEIGHT).astype("<u2").tobytes() + bf16(BIAS).astype("<u2").tobytes()
    header = b'{"fc.weight":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},"fc.bias":{"dtype":"BF16","shape":[2],"data_offsets":[12,16]}}'
    (folder / "bf16.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)

    special = np.array([[0, -0.0, 6e-8], [np.inf, np.nan, 65504]])
    save_npz(folder / "special-f2.npz", special.astype("<f2"), BIAS.astype("<f2"))
    save_npz(folder / "more.npz", WEIGHT, BIAS)
    arrays = dict(np.load(folder / "more.npz"))
    arrays |= {"bn.num_batches_tracked": np.array(7), "head.weight": BIAS, "head.bias": BIAS}
    np.savez(folder / "more.npz", **arrays)


main()

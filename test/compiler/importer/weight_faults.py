"""Malformed and unfit weight files, one fault each, and what dlc has to say of them: see fault_cases.py for the command
line. Each file stands beside a network that names it.
"""

import io
import json
import struct
import zipfile

import fault_cases
import numpy as np

# Two parameters: conv.weight [4, 1, 3, 3] and conv.bias [4].
NETWORK = """{
  "dlc": 1, "name": "net",
  "inputs": { "image": { "shape": ["batch", 1, 8, 8] } },
  "layers": [
    { "name": "conv", "op": "conv2d", "out_channels": 4, "kernel_size": 3 }
  ],
  "weights": "%s"
}
"""
AT_THE_LAYER, AT_THE_FILE = (5, 5), (7, 14)

WEIGHT, BIAS = np.arange(36, dtype=np.float32).reshape(4, 1, 3, 3), np.ones(4, np.float32)


def safetensors(header, data=bytes(160), length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


GOOD = {"conv.weight": tensor([4, 1, 3, 3], 0, 144), "conv.bias": tensor([4], 144, 160)}


def changed(name, **keys):
    return GOOD | {name: GOOD[name] | keys}


def npy(array, version=1, header=None):
    text = header or repr({"descr": array.dtype.str, "fortran_order": False, "shape": array.shape})
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode("latin-1") + array.tobytes()


def npz(members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def arrays(**members):
    return npz([(name.replace("_", ".") + ".npy", npy(array)) for name, array in members.items()])


def patched(content, old, new, last=True):
    at = content.rindex(old) if last else content.index(old)
    return content[:at] + new + content[at + len(old) :]


def with_header(text):
    return npz([("conv.weight.npy", npy(WEIGHT, header=text)), ("conv.bias.npy", npy(BIAS))])


WHOLE = arrays(conv_weight=WEIGHT, conv_bias=BIAS)
DEFLATED = npz([("conv.weight.npy", npy(WEIGHT)), ("conv.bias.npy", npy(BIAS))], zipfile.ZIP_DEFLATED)
END = b"PK\x05\x06"
ENTRY = b"PK\x01\x02"


def field(content, signature, offset, fmt, value, last=True):
    """The archive with a number of its last (or first) record of this kind changed."""
    at = (content.rindex(signature) if last else content.index(signature)) + offset
    return content[:at] + struct.pack(fmt, value) + content[at + struct.calcsize(fmt) :]


# Name of the file: (its bytes, message, place). No bytes: there is no such file.
FAULTS = {
    "missing.safetensors": (None, "No such file or directory", AT_THE_FILE),
    "missing.npz": (None, "No such file or directory", AT_THE_FILE),
    "folder": ("directory", "it is a directory", AT_THE_FILE),
    "empty.safetensors": (b"", "it is empty", AT_THE_FILE),
    "empty.npz": (b"", "it is empty", AT_THE_FILE),
    "text.bin": (b"these are my weights", "it is neither a safetensors file nor an .npz", AT_THE_FILE),
    # safetensors
    "short.safetensors": (b"\x01\x02\x03", "", AT_THE_FILE),
    "header-only.safetensors": (struct.pack("<Q", 2) + b"{}", "has no parameter 'conv.weight'", AT_THE_LAYER),
    "length-near-2^63.safetensors": (safetensors(GOOD, length=2**63 - 1), "", AT_THE_FILE),
    "length-near-2^64.safetensors": (safetensors(GOOD, length=2**64 - 1), "", AT_THE_FILE),
    "length-beyond-file.safetensors": (safetensors(GOOD, length=10_000), "", AT_THE_FILE),
    "length-zero.safetensors": (safetensors(GOOD, length=0), "", AT_THE_FILE),
    "truncated-header.safetensors": (safetensors(GOOD)[:60], "", AT_THE_FILE),
    "truncated-data.safetensors": (safetensors(GOOD)[:-1], "", AT_THE_FILE),
    "data-behind.safetensors": (safetensors(GOOD) + b"x", "", AT_THE_FILE),
    "not-json.safetensors": (safetensors(b"{conv: 1}"), "", AT_THE_FILE),
    "list.safetensors": (safetensors(b"[1, 2, 3]"), "", AT_THE_FILE),
    "latin-1.safetensors": (safetensors(b'{"\xe9": 1}'), "", AT_THE_FILE),
    "deep.safetensors": (safetensors(b'{"a":' + b"[" * 1_000_000), "", AT_THE_FILE),
    "duplicate.safetensors": (safetensors(b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', b""), "", AT_THE_FILE),
    "no-dtype.safetensors": (safetensors({"conv.weight": {"shape": [36], "data_offsets": [0, 144]}}), "", AT_THE_FILE),
    "unknown-dtype.safetensors": (safetensors(changed("conv.weight", dtype="F33")), "", AT_THE_FILE),
    "dtype-number.safetensors": (safetensors(changed("conv.weight", dtype=32)), "", AT_THE_FILE),
    "shape-negative.safetensors": (safetensors(changed("conv.weight", shape=[-4, 1, 3, -3])), "", AT_THE_FILE),
    "shape-huge.safetensors": (safetensors(changed("conv.weight", shape=[2**62, 2**62])), "", AT_THE_FILE),
    "shape-product-wraps.safetensors": (safetensors(changed("conv.weight", shape=[2**32, 2**32, 36])), "", AT_THE_FILE),
    "shape-beyond-64-bits.safetensors": (safetensors(changed("conv.weight", shape=[10**30])), "", AT_THE_FILE),
    "shape-of-other-size.safetensors": (safetensors(changed("conv.weight", shape=[4, 1, 3, 4])), "", AT_THE_FILE),
    "shape-text.safetensors": (safetensors(changed("conv.weight", shape="4133")), "", AT_THE_FILE),
    "offsets-reversed.safetensors": (safetensors(changed("conv.weight", data_offsets=[144, 0])), "", AT_THE_FILE),
    "offsets-beyond.safetensors": (safetensors(changed("conv.bias", data_offsets=[2**62, 2**62 + 16])), "", AT_THE_FILE),
    "offsets-overlap.safetensors": (safetensors(changed("conv.bias", data_offsets=[140, 156])), "", AT_THE_FILE),
    "offsets-negative.safetensors": (safetensors(changed("conv.bias", data_offsets=[-16, 0])), "", AT_THE_FILE),
    "offsets-one.safetensors": (safetensors(changed("conv.bias", data_offsets=[144])), "", AT_THE_FILE),
    "eight-bit-floats.safetensors": (safetensors({"conv.weight": tensor([4, 1, 3, 3], 0, 36, "F8_E4M3"), "conv.bias": tensor([4], 36, 52)}, bytes(52)), "elements of type F8_E4M3", AT_THE_LAYER),
    # npz
    "only-magic.npz": (b"PK\x03\x04", "it is no whole zip archive", AT_THE_FILE),
    "truncated.npz": (WHOLE[:-30], "it is no whole zip archive", AT_THE_FILE),
    "half.npz": (WHOLE[: len(WHOLE) // 2], "it is no whole zip archive", AT_THE_FILE),
    "only-end.npz": (b"PK" + field(WHOLE[WHOLE.rindex(END) :], END, 16, "<I", 0)[2:], "directory is damaged", AT_THE_FILE),
    "no-members.npz": (npz([]), "has no parameter", AT_THE_LAYER),
    "no-arrays.npz": (npz([("readme.txt", b"hello")]), "a zip archive without .npy members", AT_THE_FILE),
    "checkpoint.pth": (npz([("archive/data.pkl", b"x")]), "it is a checkpoint of PyTorch", AT_THE_FILE),
    "directory-offset.npz": (field(WHOLE, END, 16, "<I", 0xFFFFFFF0), "its directory is damaged", AT_THE_FILE),
    "directory-count.npz": (field(WHOLE, END, 10, "<H", 60_000), "its directory is damaged", AT_THE_FILE),
    "directory-name.npz": (field(WHOLE, ENTRY, 28, "<H", 60_000), "its directory is damaged", AT_THE_FILE),
    "local-offset.npz": (field(WHOLE, ENTRY, 42, "<I", 5), "is not where the directory says", AT_THE_FILE),
    "local-beyond.npz": (field(WHOLE, ENTRY, 42, "<I", 0xFFFFFFF0), "is not where the directory says", AT_THE_FILE),
    "zip64-missing.npz": (field(WHOLE, ENTRY, 24, "<I", 0xFFFFFFFF), "reaches beyond the end", AT_THE_FILE),
    "size-beyond.npz": (field(field(WHOLE, ENTRY, 20, "<I", 10**9), ENTRY, 24, "<I", 10**9), "reaches beyond the end", AT_THE_FILE),
    "encrypted.npz": (field(WHOLE, ENTRY, 8, "<H", 1), "is encrypted", AT_THE_FILE),
    "bzip2.npz": (npz([("conv.weight.npy", npy(WEIGHT))], zipfile.ZIP_BZIP2), "packed by a method", AT_THE_FILE),
    "twice.npz": (npz([("a.npy", npy(BIAS)), ("a.npy", npy(BIAS))]), "stands twice", AT_THE_FILE),
    "checksum.npz": (patched(WHOLE, WEIGHT.tobytes()[-16:], bytes(16)), "its checksum is wrong", AT_THE_LAYER),
    "deflated-garbage.npz": (DEFLATED[:46] + b"\xff" * 20 + DEFLATED[66:], "its packed data are damaged", AT_THE_FILE),
    "deflated-size.npz": (field(DEFLATED, ENTRY, 24, "<I", 0x7FFFFFFF), "not what its shape and type want", AT_THE_FILE),
    "no-npy.npz": (npz([("conv.weight.npy", b"0123456789abcdef")]), "it is no .npy", AT_THE_FILE),
    "short-npy.npz": (npz([("conv.weight.npy", b"\x93NUMPY")]), "it is too short", AT_THE_FILE),
    "npy-version.npz": (npz([("conv.weight.npy", b"\x93NUMPY\x09\x00" + bytes(100))]), "unknown version 9", AT_THE_FILE),
    "npy-header-length.npz": (npz([("conv.weight.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100))]), "longer than it can be", AT_THE_FILE),
    "npy-header-text.npz": (with_header("hello"), "its header is no dictionary", AT_THE_FILE),
    "npy-header-open.npz": (with_header("{'descr': '<f4'"), "its header is damaged", AT_THE_FILE),
    "npy-header-empty.npz": (with_header("{}"), "lacks 'descr' or 'shape'", AT_THE_FILE),
    "npy-header-key.npz": (with_header("{'descr': '<f4', 'colour': 1}"), "unknown key 'colour'", AT_THE_FILE),
    "npy-structured.npz": (with_header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (36,)}"), "structured", AT_THE_FILE),
    "npy-objects.npz": (with_header("{'descr': '|O', 'fortran_order': False, 'shape': (4, 1, 3, 3)}"), "elements of type |O", AT_THE_LAYER),
    "npy-complex.npz": (arrays(conv_weight=WEIGHT.astype(np.complex64), conv_bias=BIAS), "elements of type <c8", AT_THE_LAYER),
    "npy-shape.npz": (with_header("{'descr': '<f4', 'fortran_order': False, 'shape': 36}"), "its shape is no tuple", AT_THE_FILE),
    "npy-shape-negative.npz": (with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-4,)}"), "its shape is damaged", AT_THE_FILE),
    "npy-shape-huge.npz": (with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2)}"), "not what its shape and type want", AT_THE_FILE),
    "npy-shape-2^64.npz": (with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551617,)}"), "its shape is damaged", AT_THE_FILE),
    "npy-shape-wraps.npz": (with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 36)}"), "not what its shape and type want", AT_THE_FILE),
    "npy-shape-long.npz": (with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (%s)}" % ("1," * 100)), "more than 32 dimensions", AT_THE_FILE),
    "npy-data-short.npz": (npz([("conv.weight.npy", npy(WEIGHT)[:-4])]), "not what its shape and type want", AT_THE_FILE),
    # Files that are whole and do not fit.
    "unfit-shape.npz": (arrays(conv_weight=WEIGHT.reshape(4, 1, 9), conv_bias=BIAS), "'conv.weight' is [4, 1, 3, 3] here but [4, 1, 9]", AT_THE_LAYER),
    "unfit-scalar.npz": (arrays(conv_weight=np.float32(1), conv_bias=BIAS), "but [] in", AT_THE_LAYER),
    "missing-bias.npz": (arrays(conv_weight=WEIGHT), "has no parameter 'conv.bias'", AT_THE_LAYER),
    "other-prefix.npz": (arrays(model_conv_weight=WEIGHT, model_conv_bias=BIAS), "has no parameter 'conv.weight'", AT_THE_LAYER),
    "unfit-shape.safetensors": (safetensors(changed("conv.weight", shape=[4, 9])), "is [4, 1, 3, 3] here but [4, 9]", AT_THE_LAYER),
}
NOTES = {"other-prefix.npz": "the file has it as 'model.conv.weight'", "missing-bias.npz": "of this layer the file has 'conv.weight'"}


def write(case, folder):
    content = FAULTS[case.name][0]
    if content == "directory":
        (folder / case.name).mkdir(exist_ok=True)
    elif content is not None:
        (folder / case.name).write_bytes(content)


def case(name, content, message, position):
    network = (NETWORK % name).encode()
    return fault_cases.Case(name, network, message, position, mentions=name, note=NOTES.get(name, ""))


fault_cases.run([case(name, *fault) for name, fault in FAULTS.items()], write)

"""Philox-4x32-10 (Salmon et al. 2011), with its published answers."""

import numpy as np


def philox(counter, key):
    """Philox-4x32-10 on arrays of four and two words."""
    counter, key = [np.asarray(c, np.uint64) for c in counter], [np.uint64(k) for k in key]
    low, bits = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(10):
        a, b = counter[0] * np.uint64(0xD2511F53), counter[2] * np.uint64(0xCD9E8D57)
        counter = [(b >> bits) ^ counter[1] ^ key[0], b & low, (a >> bits) ^ counter[3] ^ key[1], a & low]
        key = [(key[0] + np.uint64(0x9E3779B9)) & low, (key[1] + np.uint64(0xBB67AE85)) & low]
    return counter


# The known answers that Salmon et al. publish with their library Random123.
KNOWN = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0],
     [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
]
for counter, key, expected in KNOWN:
    assert [int(w) for w in philox(counter, key)] == expected

"""The documented generator once more: the first and last value of conv.weight and fc.weight of seed.test's network."""

import math

import numpy as np

MASK = 2**64 - 1


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def element(seed, name, bound, i):
    bits = mix((mix(mix(seed) ^ fnv1a(name)) + (i + 1) * 0x9E3779B97F4A7C15) & MASK) >> 40
    return np.float32((2 * bits + 1 - 2**24) * (bound / 2**24))


for name, bound, count in [("conv.weight", math.sqrt(6 / 18), 72), ("fc.weight", math.sqrt(6 / (144 + 5)), 720)]:
    print(name, "%.9g ... %.9g" % (element(0, name, bound, 0), element(0, name, bound, count - 1)))

"""Times every kernel of a network whose schedules are chosen (`dlc compile NET --emit scheduled`):

    bench_module.py DLC-KERNEL MODULE.mlir [--threads N] [--seconds S] [--cold]

A line a kernel: microseconds for one item, how often it is launched, GFLOP/s, share of the measured peak, schedule.
"""

import argparse
import ctypes
import re

import numpy as np

from kernels import Blocked, Compiler, Plain, Value, Weights

ELEMENTS = {"f32": np.float32, "f64": np.float64, "ui8": np.uint8, "si8": np.int8}


def parse_layout(text):
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    if "#kernel.blocked" in text:
        return Blocked(numbers[0], tuple(numbers[1:]) or (0, 0, 0, 0))
    if "#kernel.weights" in text:
        named = {k: int(v) for k, v in re.findall(r"(\w+) = (\d+)", text)}
        return Weights(re.search(r"weights<(\w+)", text)[1], named["lanes"], named.get("inLanes", 1), named.get("tile", 0))
    return Plain()


def parse_tensors(text):
    """The shapes (batch 1), element types and layouts of the tensor types in `text`."""
    found, position = [], 0
    while (position := text.find("tensor<", position)) >= 0:
        position += len("tensor<")
        depth, end = 1, position
        while depth:
            depth += {"<": 1, ">": -1}.get(text[end], 0)
            end += 1
        inside = text[position : end - 1]
        head, _, layout = inside.partition(",")
        *dims, element = head.split("x")
        found.append(([1 if d == "?" else int(d) for d in dims], ELEMENTS[element], parse_layout(layout), "?" in dims))
        position = end
    return found


class Module:
    def __init__(self, text):
        self.head = re.search(r"^(module attributes \{.*\}) \{$", text, re.M)[1]
        self.aliases = re.findall(r"^(#[\w.]+) = (.*)$", text, re.M)
        for name, value in self.aliases:
            text = re.sub(re.escape(name) + r"\b", lambda _: value, text)
        self.kernels = re.findall(r"^  kernel\.func (?:private )?@\S+\(.*?^  \}$", text, re.M | re.S)
        self.text = text

    def launches(self, name):
        return len(re.findall(r"kernel\.launch @" + re.escape(name) + r"\(", self.text))


class FromText:
    """A kernel's arguments and results, for Compiled.bind and its like."""

    dtype = np.float32

    def __init__(self, text):
        signature, _, rest = text.partition(" attributes {")
        self.name = re.search(r"@([\w.$-]+)\(", signature)[1]
        arguments, _, results = signature.partition(") -> ")
        random = np.random.default_rng(0)
        self.arguments = [Value("", (random.standard_normal(s) if e in (np.float32, np.float64) else random.integers(0, 100, s)).astype(e), b, l)
                          for s, e, l, b in parse_tensors(arguments)]
        self.results = [(Value("", np.zeros(s, e), True), l) for s, e, l, _ in parse_tensors(results)]
        self.schedule = re.search(r"schedule = (#kernel\.\w+<[^>]*>)", text)
        self.schedule = self.schedule[1] if self.schedule else "none"
        self.flops = 0
        for line in re.findall(r"nn\.(?:conv2d|linear) .*", text):
            types = parse_tensors(line)
            weight, result = types[1][0], types[-1][0]
            self.flops += 2 * int(np.prod(result)) * int(np.prod(weight[1:]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("module")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.05)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--filter", default="")
    options = parser.parse_args()
    compiler = Compiler(options.program)
    module = Module(open(options.module).read())
    total = flops = 0
    for text in module.kernels:
        kernel = FromText(text)
        if options.filter not in kernel.name:
            continue
        try:
            compiled = compiler.compile(module.head + " {\n" + text + "\n}")
        except RuntimeError as error:
            print(f"{kernel.name} {str(error)[:600]}", flush=True)
            continue
        compiled.library.measure_peak.restype = ctypes.c_double
        peak = compiled.library.measure_peak() * options.threads
        compiled.bind(kernel)
        seconds = compiled.time(kernel, options.threads, options.seconds, (64 << 20) if options.cold else 0)
        count = module.launches(kernel.name)
        total += count * seconds
        flops += count * kernel.flops
        speed = kernel.flops / seconds * 1e-9
        print(f"{kernel.name:36} {seconds * 1e6:9.1f} us x{count:<3} {speed:7.1f} GFLOP/s {100 * speed / peak:5.0f}%  "
              f"{kernel.schedule}  scratch {compiled.worker} {compiled.caller}+{compiled.caller_per_batch}n", flush=True)
    print(f"in all {total * 1e3:.3f} ms, {flops / max(total, 1e-9) * 1e-9:.1f} GFLOP/s")


if __name__ == "__main__":
    main()

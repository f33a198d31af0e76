#!/usr/bin/env python3
"""Times training steps of dlc against PyTorch's in alternation and prints one table (Markdown).

    train.py [NETWORK ...] [--threads 2] [--batch 64] [--rounds 3] [--modes eager,compile,…] [--rivals-python PYTHON]
    train.py --steps NETWORK     dlc alone: a table of the step's kernels
    train.py --frozen [NETWORK ...]   dlc alone, with more and more of the first layers frozen

A step is forward, cross entropy, backward and SGD with momentum, fp32, of the networks in training/. Every round runs each
contestant once, each in a process of its own; the figure is the median over the rounds of each process's median. PyTorch's
script (bench_train_peers.py) and environment are not part of this repository: --scripts and --rivals-python name them.
"""
import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test", "end-to-end"))
NETWORKS = ["lenet5", "mnist_cnn", "cifar10", "resnet18"]


class StepInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("kernel", ctypes.c_char_p), ("flops", ctypes.c_int64), ("read", ctypes.c_int64),
                ("written", ctypes.c_int64), ("nanoseconds", ctypes.c_int64), ("runs", ctypes.c_int64)]


def load(network):
    with open(os.path.join(ROOT, "test", "benchmark", "training", network + ".json"), encoding="utf-8") as file:
        return json.load(file)


def make_step(network, options, profile):
    """A trainer of what a network file holds, and a function that runs one step on random data."""
    import numpy as np
    from trainer import Trainer

    shape = network["inputs"]["image"]["shape"][1:]
    trainer = Trainer(options.dlc, network, batch=options.batch, threads=options.threads, profile=profile)
    rng = np.random.default_rng(0)
    inputs = {"image": rng.standard_normal((options.batch, *shape)), "label": rng.integers(0, 10, options.batch)}
    trainer.kept, pointers = trainer.tensors("inputs", options.batch, inputs)
    trainer.results, results = trainer.tensors("outputs", options.batch)
    count = ctypes.c_int64(options.batch)
    return trainer, lambda: trainer.check(trainer.lib.dlc_trainer_step(trainer.handle, count, pointers, results))


def time_steps(step, seconds):
    """Milliseconds of each step, for so long, after two to warm up."""
    step()
    step()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        begin = time.perf_counter()
        step()
        times.append((time.perf_counter() - begin) * 1e3)
    return times


def print_steps(network, options):
    trainer, step = make_step(load(network), options, profile=True)
    time_steps(step, options.seconds)
    trainer.lib.dlc_trainer_session.restype = ctypes.c_void_p
    rows = []
    for part in (0, 1):
        session = ctypes.c_void_p(trainer.lib.dlc_trainer_session(trainer.handle, part))
        for index in range(trainer.lib.dlc_step_count(session)):
            info = StepInfo()
            trainer.lib.dlc_get_step_info(session, index, ctypes.byref(info))
            rows.append((info.nanoseconds / max(1, info.runs) / 1e3, info.flops, info.kernel.decode(), info.name.decode()))
    total = sum(row[0] for row in rows)
    print("| µs | share | GFLOP/s | kernel | layers |\n|---:|---:|---:|---|---|")
    for microseconds, flops, kernel, layers in sorted(rows, reverse=True):
        print(f"| {microseconds:.1f} | {microseconds / total:.1%} | {flops / microseconds / 1e3:.1f} | {kernel} | {layers} |")


def freeze(network, halves):
    """Freezes the first layers and blocks that have parameters: none, one half of them, or all but the last."""
    owners = [layer for layer in network["layers"] if "name" in layer]
    for layer in owners[:min(len(owners) * halves // 2, len(owners) - 1)]:
        layer["trainable"] = False
    return network


def print_frozen(networks, options):
    print("| network | all trained | first half frozen | all but the last frozen |\n|---|---|---|---|")
    for network in networks:
        made = [make_step(freeze(load(network), halves), options, profile=False) for halves in range(3)]
        times = [[], [], []]
        for _ in range(options.rounds):
            for (_, step), all_times in zip(made, times):
                all_times.append(statistics.median(time_steps(step, options.seconds)))
        print(f"| {network} | " + " | ".join(f"{statistics.median(each):.3g}" for each in times) + " |", flush=True)


def time_dlc(network, options):
    """In a process of its own."""
    command = [sys.executable, __file__, "--child", network, "--threads", str(options.threads), "--batch", str(options.batch),
               "--dlc", options.dlc, "--seconds", str(options.seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def time_pytorch(network, mode, options):
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as results:
        command = [options.rivals_python, os.path.join(options.scripts, "bench_train_peers.py"), "--nets", network, "--modes", mode,
                   "--threads", str(options.threads), "--batch", str(options.batch), "--json", results.name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, RIVALS_DIR=options.scratch))
        rows = [json.loads(line) for line in results.read().splitlines()]
    return rows[-1]["med"] if rows else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS, metavar="NETWORK")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="of each of dlc's runs")
    parser.add_argument("--modes", default="eager,compile,eager-m,compile-m", help="of PyTorch")
    parser.add_argument("--dlc", default=os.path.join(ROOT, "build", "bin", "dlc"))
    parser.add_argument("--scripts", default=os.path.join(os.path.dirname(ROOT), "shared", "peers"))
    parser.add_argument("--rivals-python", default="python3")
    parser.add_argument("--scratch", default=os.path.join(tempfile.gettempdir(), "dlc-rivals"), help="where caches go")
    parser.add_argument("--steps", metavar="NETWORK", help="print the kernels of this network's step instead")
    parser.add_argument("--frozen", action="store_true", help="time steps with frozen layers instead")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.steps:
        return print_steps(options.steps, options)
    if options.frozen:
        return print_frozen(options.networks, options)
    if options.child:
        _, step = make_step(load(options.child), options, profile=False)
        return print(statistics.median(time_steps(step, options.seconds)))
    modes = [mode for mode in options.modes.split(",") if mode]
    os.makedirs(options.scratch, exist_ok=True)
    print("| network | dlc ms | " + " | ".join(f"PyTorch {mode}" for mode in modes) + " | best / dlc |")
    print("|---|---" * 1 + "|---" * (len(modes) + 1) + "|")
    for network in options.networks:
        figures = {name: [] for name in ["dlc", *modes]}  # nan where a mode failed or took too long
        for _ in range(options.rounds):
            figures["dlc"].append(time_dlc(network, options))
            for mode in modes:
                figures[mode].append(time_pytorch(network, mode, options))
        medians = {name: statistics.median(times) for name, times in figures.items()}
        best = min((medians[mode] for mode in modes if medians[mode] == medians[mode]), default=float("nan"))
        print(f"| {network} | " + " | ".join(f"{medians[name]:.3g}" for name in ["dlc", *modes]) + f" | {best / medians['dlc']:.2f} |",
              flush=True)


main()

#!/usr/bin/env python3
"""Times dlc against the rivals in alternation and prints one table (Markdown).

    compare.py [NETWORK ...] [--threads 2] [--rounds 3] [--peers ort,ov,torch,ncnn] [--rivals-python PYTHON] [--json FILE]

Every round runs each contestant once, each in a process of its own, so that drift of the machine hits all alike; the figure is the
median over the rounds of each process's median latency. The rivals' scripts and Python environment are not part of this repository:
--scripts names the folder with bench_peers.py and make_models.py, --rivals-python the environment's interpreter.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Network of examples/zoo → the rivals' model of the same layers.
NETWORKS = {"lenet5": "lenet5", "vgg16": "vgg16", "resnet50": "resnet50", "googlenet": "googlenet", "alexnet": "alexnet",
            "squeezenet11": "squeezenet11", "mobilenetv1": "mobilenetv1"}


def time_dlc(network, options):
    command = [options.dlc, "bench", os.path.join(ROOT, "examples", "zoo", network + ".json"), "--json", "--threads", str(options.threads),
               "--batch", str(options.batch)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(result.stdout)["latency_ms"]["median"]


def time_rival(peer, network, options):
    model = NETWORKS[network] + (f"_b{options.batch}" if options.batch > 1 else "")
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as results:
        command = [options.rivals_python, os.path.join(options.scripts, "bench_peers.py"), model, "--threads", str(options.threads),
                   "--peers", peer, "--json", results.name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=options.scratch, env=dict(os.environ, RIVALS_DIR=options.scratch))
        rows = [json.loads(line) for line in results.read().splitlines()]
    return rows[-1].get("med")


def make_models(networks, options):
    for network in networks:
        model = NETWORKS[network] + (f"_b{options.batch}" if options.batch > 1 else "")
        if not os.path.exists(os.path.join(options.scratch, "models", model + ".onnx")):
            subprocess.run([options.rivals_python, os.path.join(options.scripts, "make_models.py"), NETWORKS[network], "--batch",
                            str(options.batch)], check=True, stdout=sys.stderr, env=dict(os.environ, RIVALS_DIR=options.scratch))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=["lenet5", "vgg16", "resnet50"], metavar="NETWORK")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="ort,ov,torch,ncnn")
    parser.add_argument("--dlc", default=os.path.join(ROOT, "build", "bin", "dlc"))
    parser.add_argument("--scripts", default=os.path.join(os.path.dirname(ROOT), "shared", "peers"))
    parser.add_argument("--rivals-python", default="python3")
    parser.add_argument("--scratch", default=os.path.join(tempfile.gettempdir(), "dlc-rivals"), help="where models and caches go")
    parser.add_argument("--json", help="also write every single figure to this file")
    options = parser.parse_args()
    if not os.path.exists(os.path.join(options.scripts, "bench_peers.py")):
        parser.error(f"no bench_peers.py in {options.scripts}; name its folder with --scripts")
    os.makedirs(options.scratch, exist_ok=True)
    make_models(options.networks, options)

    contestants = ["dlc"] + options.peers.split(",")
    figures = {}
    for network in options.networks:
        for round_number in range(options.rounds):
            for contestant in contestants:
                time = time_dlc(network, options) if contestant == "dlc" else time_rival(contestant, network, options)
                figures.setdefault(network, {}).setdefault(contestant, []).append(time)
                print(f"{network} round {round_number + 1}: {contestant} {time} ms", file=sys.stderr, flush=True)

    print(f"Median ms, batch {options.batch}, {options.threads} threads, {options.rounds} rounds.\n")
    print("| network | " + " | ".join(contestants) + " | best rival / dlc |")
    print("|" + "---|" * (len(contestants) + 2))
    for network, times in figures.items():
        medians = {name: statistics.median(values) for name, values in times.items() if None not in values}
        rivals = [value for name, value in medians.items() if name != "dlc"]
        ratio = f"{min(rivals) / medians['dlc']:.2f}" if rivals else "–"
        cells = [f"{medians[name]:.3g}" if name in medians else "failed" for name in contestants]
        print(f"| {network} | " + " | ".join(cells) + f" | {ratio} |")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()

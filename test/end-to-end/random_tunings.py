"""Compiles a network with schedules drawn from the spaces of its kernels, and has it compared with the plain program.

usage: random_tunings.py NETWORK DLC DLC-OPT COUNT [OPTION of dlc verify]...
"""

import json
import random
import re
import subprocess
import sys

# The parameters of each family, as its attribute has them.
FAMILIES = {
    "direct_conv": ["tileX", "tileC", "unrollK", "strips", "parallel", "outer", "tasks"],
    "winograd": ["stripRows", "tileX", "tileC", "groupC", "images", "parallel"],
    "depthwise": ["tileX", "tileY", "parallel", "tasks"],
    "dense": ["tileC", "tileN", "parallel", "unrollK", "tasks"],
    "grad_weight": ["tileC", "tileI", "tileK", "images", "chunks", "inside", "parallel"],
    "pointwise": ["lanes", "unroll", "parallel"],
    "gpu_elementwise": ["threads"],
    "gpu_tiled": ["threadsX", "rows", "threadsC", "channels", "slab"],
    "gpu_dense": ["threads", "channels"],
}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done


def draw(draws, seed, space):
    """A choice like `seed`, each of whose parameters is drawn; perhaps none of the space."""
    family = re.search(r"#kernel\.(\w+)<", seed).group(1)
    values = dict(re.findall(r"(\w+) = ([\w]+)", re.search(r"schedule = #kernel\.\w+<([^>]*)>", seed).group(1)))
    for name in FAMILIES[family]:
        if name in space and draws.random() < 0.4:
            values[name] = draws.choice(space[name])
    text = ", ".join(f"{name} = {value}" for name, value in values.items())
    return re.sub(r"schedule = #kernel\.\w+<[^>]*>", f"schedule = #kernel.{family}<{text}>", seed)


def main():
    network, dlc, opt, count, *options = sys.argv[1:]
    device = options[options.index("--gpu"):][:2] if "--gpu" in options else []
    run(dlc, "compile", network, *device, "--emit=scheduled", "-o", "scheduled.mlir")
    run(opt, "scheduled.mlir", "--kernel-apply-tuning=signatures spaces", "-o", "spaces.mlir")
    text = open("spaces.mlir").read()
    target = re.search(r"kernel\.target = (\{[^}]*\})", text).group(1)
    version = run(dlc, "--version").stdout.split()[1]
    kernels = []
    for line in text.splitlines():
        found = re.search(r'kernel\.signature = "(\w+)", kernel\.space = \{(.*), schedule = ', line)
        if not found:
            continue
        signature, space = found.groups()
        seeds = re.findall(r"\{schedule = #kernel[^{}]*\}", space)
        values = {name: value.split(", ") for name, value in re.findall(r'(\w+) = "([^"]*)"', space)}
        assert seeds, line
        kernels.append((signature, seeds, values))
    assert len(kernels) >= 3, text

    applied = 0
    for number in range(int(count)):
        draws = random.Random(number)
        records = []
        for signature, seeds, space in kernels:
            # Several for a kernel: the best is used, and what is not feasible leaves the default, with a warning.
            records.append({"dlc": version, "signature": signature, "kernel": "", "target": target,
                            "device": device[1] if device else "cpu", "threads": 2,
                            "choice": draw(draws, draws.choice(seeds), space), "status": "ok", "seconds": 1.0,
                            "incumbent_seconds": 2.0, "relative": 0.5})
        with open(f"tuning{number}.json", "w") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
        done = subprocess.run([dlc, "verify", network, "--tuning", f"tuning{number}.json", *options], capture_output=True,
                              text=True)
        refused = done.stderr.count("does not fit it")
        print(f"{network}: draw {number}: {len(records) - refused} of {len(records)} choices\n{done.stdout}", end="")
        assert done.returncode == 0, done.stderr + "".join(record["choice"] + "\n" for record in records)
        applied += len(records) - refused
    assert applied >= len(kernels) * int(count) // 4, applied


if __name__ == "__main__":
    main()

"""Runs the tools under test."""

import subprocess
from pathlib import Path

import numpy as np


class Failed(Exception):
    """A command ended with another exit code than 0; says how, with what it printed."""


def run(*command):
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise Failed(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def dlc_run(dlc, network, weights, inputs, folder, options=()):
    """The outputs, by name, that `dlc run` computes from arrays; files go to `folder`."""
    folder = Path(folder)
    words = [dlc, "run", network, *options]
    if weights:
        words += ["--weights", weights]
    for name, x in inputs.items():
        np.save(folder / f"{name}.npy", x)
        words += ["--input", f"{name}={folder / name}.npy"]
    run(*words, "--output", folder / "outputs.npz")
    with np.load(folder / "outputs.npz") as file:
        return {name: file[name] for name in file.files}

"""Runs a command on faulty files, one fault each, and judges what it says of them: for faults.py and weight_faults.py.

    SCRIPT --work DIR [--only TEXT] [--show] COMMAND ...    runs the command on each network; {} in it stands for the
                                                            network's path, which otherwise comes last
    SCRIPT --work DIR                                       only writes the files

The command has to end with exit code 1 after a diagnostic with the expected text at the expected place of the network.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Case:
    name: str
    network: bytes
    message: str  # in an error
    position: tuple | None = None  # that error's line and column; none: any
    mentions: str = ""  # in an error, perhaps in another one
    note: str = ""


def complaint(case, path, result):
    """What is wrong with the answer, or nothing."""
    if result.returncode != 1:
        return f"exit code {result.returncode}"
    found = re.findall(rf"^{re.escape(str(path))}:(\d+):(\d+): error: (.*)$", result.stderr, re.M)
    errors = [((int(line), int(column)), text) for line, column, text in found]
    if not errors:
        return "no located error"
    places = [position for position, text in errors if case.message in text]
    if not places:
        return f"no error says '{case.message}'"
    if case.position and case.position not in places:
        return f"no error at {case.position[0]}:{case.position[1]} says '{case.message}'"
    if not any(case.mentions in text for _, text in errors):
        return f"no error mentions '{case.mentions}'"
    if case.note not in result.stderr:
        return f"no note says '{case.note}'"
    return None


def run(cases, write=lambda case, folder: None):
    """The program: `write` puts what a network of the folder needs beside it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--only", default="", help="faults whose name holds this")
    parser.add_argument("--show", action="store_true", help="prints what the command says")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    chosen = [case for case in cases if arguments.only in case.name]
    wrong = 0
    for case in chosen:
        path = arguments.work / f"{case.name}.json"
        path.write_bytes(case.network)
        write(case, arguments.work)
        if not arguments.command:
            continue
        command = [word.replace("{}", str(path)) for word in arguments.command]
        if command == arguments.command:
            command.append(path)
        result = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60)
        fault = complaint(case, path, result)
        wrong += fault is not None
        if fault or arguments.show:
            said = "\n".join(line[:200] for line in result.stderr.splitlines()[:12])
            print(f"{case.name}: {fault or 'as expected'}\n{said}")
    print(f"{len(chosen)} faults, {wrong} answered wrongly")
    sys.exit(1 if wrong or not chosen else 0)

"""Holds a dialect's tests against its definitions.

- every op stands in a test of its own that is not about errors;
- every constraint (C1), (C2) … of an op has an error test: a function or value named after both, conv2d_c1;
- every op has an example in its description, and that is IR that dlc-opt reads, verifies and prints alike twice.

What an example defines as a symbol is there for the other examples. --some-examples: an op may have none.

usage: definitions.py [--some-examples] RECORDS TESTS DLC_OPT [WORDS ...]
RECORDS is the JSON that llvm-tblgen makes of the definitions.
"""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path


def ops(records):
    for name in records["!instanceof"].get("Op", []):
        yield records[name]


def examples(description):
    return [textwrap.dedent(block).strip() for block in re.findall(r"```mlir\n(.*?)\s*```", description, re.S)]


def split_types(text):
    """Types between commas, where < and ( nest."""
    types, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in "<([":
            depth += 1
        elif c in ">)]" and text[i - 1 : i + 1] != "->":
            depth -= 1
        elif c == "," and depth == 0:
            types.append(text[start:i].strip())
            start = i + 1
    return [t for t in [*types, text[start:].strip()] if t]


def is_symbol(example):
    return re.match(r"(kernel|func)\.func|module", example)


def module(example, symbols):
    """The example as a module: what it reads without defining becomes arguments of a function."""
    if is_symbol(example):
        return example
    arguments, defined = {}, set()
    for statement in re.split(r"\n(?=%)", example):
        left, _, right = statement.partition(" = ") if statement.startswith("%") else ("", "", statement)
        match = re.search(r":\s*\(([^{]*?)\)\s*->", right, re.S) or re.search(r":\s*([^:]*)$", right)
        if match:
            values = re.findall(r"%[\w.]+", right[: match.start()])
            for value, kind in zip(values, split_types(match.group(1))):
                if value not in defined:
                    arguments[value] = kind
        defined.update(re.findall(r"%[\w.]+", left))
    signature = ", ".join(f"{value}: {kind}" for value, kind in arguments.items())
    return symbols + f"\nfunc.func @example({signature}) {{\n{example}\nreturn\n}}\n"


def run(dlc_opt, text):
    done = subprocess.run(dlc_opt, input=text, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None, done.stderr


def main():
    words = sys.argv[1:]
    some_examples = words[0] == "--some-examples"
    file, folder, *dlc_opt = words[some_examples:]
    records = json.loads(Path(file).read_text())
    tests = sorted(Path(folder).glob("*.mlir"))
    symbols = "\n".join(e for op in ops(records) for e in examples(op["description"]) if is_symbol(e))
    plain = "".join(t.read_text() for t in tests if not t.stem.endswith("-errors"))
    errors = "".join(t.read_text() for t in tests if t.stem.endswith("-errors"))
    faults, seen, constraints, run_examples = [], 0, 0, 0
    for op in ops(records):
        mnemonic = op["opName"]
        name = f'{records[op["opDialect"]["def"]]["name"]}.{mnemonic}'
        seen += 1
        if not re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", plain):
            faults.append(f"{name}: no test")
        for number in re.findall(r"- \(C(\d+)\)", op["description"]):
            constraints += 1
            if not re.search(rf'[@%"]{mnemonic}_c{number}\b', errors):
                faults.append(f"{name}: no error test {mnemonic}_c{number}")
        if not some_examples and not examples(op["description"]):
            faults.append(f"{name}: no example")
        for example in examples(op["description"]):
            if f" {name} " not in f" {example} " and not example.startswith(name):
                faults.append(f"{name}: an example without it:\n{example}")
            printed, message = run(dlc_opt, module(example, symbols))
            if printed is None or run(dlc_opt, printed)[0] != printed:
                faults.append(f"{name}: the example does not hold:\n{message}")
            run_examples += 1
    for fault in faults:
        print(fault)
    print(f"{seen} ops, {constraints} constraints, {run_examples} examples, {len(faults)} faults")
    return bool(faults) or not seen


if __name__ == "__main__":
    sys.exit(main())

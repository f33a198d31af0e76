"""Prints a test's module with the tuning that its lines TUNE describe.

Each `// TUNE: NAME = CHOICE` stands for the choice of the kernel NAME, whose signature is in the IR that
--kernel-apply-tuning=signatures has printed.

usage: tune.py TEST SIGNED
"""

import re
import sys

test, signed = (open(path).read() for path in sys.argv[1:3])
signatures = {}
for line in signed.splitlines():
    name, signature = re.search(r"kernel\.func private @(\w+)", line), re.search(r'kernel\.signature = "(\w+)"', line)
    if name and signature:
        signatures[name.group(1)] = signature.group(1)
assert len(set(signatures.values())) == len(signatures) > 0, signatures
choices = [f'"{signatures.get(name, "0" * 24)}" = {choice}'
           for name, choice in re.findall(r"// TUNE: (\w+) = (.*)", test)]
print(test.replace("module attributes {", "module attributes {kernel.tuning = {" + ", ".join(choices) + "}, ", 1))

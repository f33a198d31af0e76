"""Holds networks against the JSON Schema that dlc prints.

    schema.py SCHEMA.json --good FILE ... --bad FOLDER

All files of the first list fit the schema; of the folder (as faults.py leaves it), those do not whose fault is one of form.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import jsonschema

# Faults that a schema cannot see: names, shapes, arithmetic, numbers beyond what a network can have, texts that are no JSON.
OF_FORM = re.compile(
    r"^(unknown-key|unknown-setting|in-channels|missing-|size-(text|triple|empty|zero|null|object)|padding-(negative|triple|text)|"
    r"input-(key|without|shape-(empty|zero|negative|fraction)|type|layout|batch-inside|other-symbol|mean-text|and-inputs)|"
    r"outputs-|inputs-as-|blocks-as-list|block-(key|as-list|without-layers|empty)|bias-number|float-text|int-fraction|shape-scalar|"
    r"trainable-text|too-(?!many-layers)|training-(as|without|key)|other-version|no-(name|layers|inputs|version)|name-with|layer-without-op|list|null)"
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("schema", type=Path)
    parser.add_argument("--good", nargs="+", type=Path)
    parser.add_argument("--bad", type=Path)
    arguments = parser.parse_args()
    schema = json.loads(arguments.schema.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = 0
    for path in arguments.good:
        for error in validator.iter_errors(json.loads(path.read_text(encoding="utf-8"))):
            wrong += 1
            print(f"{path}: {error.json_path}: {error.message[:200]}")
    refused = 0
    for path in sorted(arguments.bad.glob("*.json")):
        # A block's argument may be missing, and other keys of a use be anything.
        if not OF_FORM.match(path.stem) or path.stem in ("missing-argument", "missing-comma", "missing-colon"):
            continue
        if validator.is_valid(json.loads(path.read_text(encoding="utf-8"))):
            wrong += 1
            print(f"{path}: fits the schema")
        refused += 1
    print(f"{len(arguments.good)} good, {refused} bad, {wrong} judged wrongly")
    sys.exit(1 if wrong else 0)


main()

"""Checks a log of `dlc tune`: tune_log.py FILE [COUNT [STATUS=COUNT ...]]

Every line is a record, no candidate of a kernel has two, and there are as many as said, of each status as well."""

import collections
import json
import sys
from pathlib import Path

KEYS = ("signature", "choice", "target", "device", "threads", "dlc")


def read_log(path):
    text = Path(path).read_text()
    assert not text or text.endswith("\n"), f"{path} does not end in a whole line"
    records = [json.loads(line) for line in text.splitlines()]
    seen = collections.Counter(tuple(record[key] for key in KEYS) for record in records)
    twice = [key for key, count in seen.items() if count > 1]
    assert not twice, f"measured twice: {twice}"
    for record in records:
        if record["status"] == "ok":
            assert record["seconds"] > 0 and record["incumbent_seconds"] > 0 and 0 < record["relative"] < 1000, record
    return records


if __name__ == "__main__":
    records = read_log(sys.argv[1])
    statuses = collections.Counter(record["status"] for record in records)
    print(len(records), dict(statuses))
    if len(sys.argv) > 2:
        assert len(records) == int(sys.argv[2]), f"{len(records)} records"
    for word in sys.argv[3:]:
        status, count = word.split("=")
        assert statuses[status] == int(count), statuses

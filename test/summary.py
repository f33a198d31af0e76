"""Adds up the results of test runs: summary.py REPORT.xml...  Fails where a test failed, or where none ran."""

import sys
import xml.etree.ElementTree


def main():
    tests = failed = skipped = 0
    for path in sys.argv[1:]:
        for suite in xml.etree.ElementTree.parse(path).getroot().iter("testsuite"):
            tests += int(suite.get("tests"))
            failed += int(suite.get("failures"))
            skipped += int(suite.get("skipped", 0))
            for case in suite.iter("testcase"):
                if case.find("failure") is not None:
                    print(f"failed: {case.get('classname')}/{case.get('name')} ({path})")
    print(f"{tests - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or tests == skipped else 0


if __name__ == "__main__":
    sys.exit(main())

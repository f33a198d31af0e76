"""Compares the README's map of the folders with the tree: readme.py SOURCE

Every folder of the map must exist, with the folders of one parent complete; a folder whose children the map does not
show may have any. Files that the README names must exist too."""

import re
import sys
from pathlib import Path

# Folders that hold data of one test or example, tool output, or nothing a reader looks for.
UNLISTED = re.compile(r"^(build.*|Inputs|__pycache__|\..*)$")


def read_map(text):
    """The paths of the map, from the indentation of its lines."""
    lines = text.split("compares this list with the tree. -->", 1)[1].split("\n## ", 1)[0].splitlines()
    paths, parents = [], []
    for line in lines:
        entry = re.match(r"^    ( *)([\w-]+)/(\s|$)", line)
        if not entry:
            continue
        depth = len(entry[1]) // 2
        parents[depth:] = [entry[2]]
        paths.append("/".join(parents))
    return paths


def main():
    source = Path(sys.argv[1])
    text = (source / "README.md").read_text()
    listed = read_map(text)
    faults = [f"the map lists {path}/, which does not exist" for path in listed if not (source / path).is_dir()]
    parents = {str(Path(path).parent) for path in listed}
    for parent in sorted(parents):
        for child in sorted((source / parent).iterdir()):
            path = child.relative_to(source).as_posix()
            if child.is_dir() and any(child.iterdir()) and not UNLISTED.match(child.name) and path not in listed:
                faults.append(f"{path}/ is missing from the map")
    for path in re.findall(r"`((?:\w[\w-]*/)+[\w.-]*\.\w+)`", text):
        if not (source / path).exists():
            faults.append(f"the README names {path}, which does not exist")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

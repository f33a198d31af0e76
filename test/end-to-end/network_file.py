"""Reads a network file into a flat list of layers.

Blocks are expanded, `$` arithmetic is worked out, every layer gets a name and the names of what it reads, and
sizes, pairs and padding become tuples. This is a second reading of the format, independent of the compiler's
importer, so that the two can be compared.
"""

import ast
import json
import operator
import re
from dataclasses import dataclass, field
from pathlib import Path

# Keys that place a layer in the network; all others configure the layer itself.
PLACEMENT = {"name", "op", "input", "inputs", "repeat", "start"}


@dataclass
class Layer:
    name: str
    op: str
    inputs: list
    config: dict = field(default_factory=dict)


@dataclass
class Network:
    name: str
    inputs: dict  # name -> {"shape", "type", "layout", "normalize"}
    layers: list
    outputs: list
    weights: Path | None


def load(path):
    path = Path(path)
    return expand(json.loads(path.read_text(encoding="utf-8")), path.parent)


def expand(file, folder=Path(".")):
    layers = []
    expander = _Expander(file.get("blocks", {}), layers)
    inputs = file["inputs"]
    last = expander.run(file["layers"], prefix="", scope={name: name for name in inputs}, first=next(iter(inputs)), values={})
    outputs = file.get("outputs", [last])
    weights = folder / file["weights"] if "weights" in file else None
    return Network(file["name"], inputs, layers, outputs, weights)


class _Expander:
    def __init__(self, blocks, layers):
        self.blocks, self.layers, self.unnamed = blocks, layers, 0

    def run(self, items, prefix, scope, first, values):
        """Appends `items`; returns the name of the last. `scope` maps the names that a layer may say to full names."""
        previous = first
        for item in items:
            config = {k: evaluate(v, values) for k, v in item.items()}
            said = [config["input"]] if "input" in config else config.get("inputs", [])
            inputs = [scope[name] for name in said] or [previous]
            if "name" in config:
                name = prefix + config["name"]
            else:
                self.unnamed += 1
                name = f"{prefix}#{self.unnamed}"
            settings = {k: v for k, v in config.items() if k not in PLACEMENT}
            if config["op"] in self.blocks:
                previous = self.use(config, settings, name, inputs)
            else:
                self.layers.append(Layer(name, config["op"], inputs, settings))
                previous = name
            if "name" in config:
                scope[config["name"]] = previous
        return previous

    def use(self, config, settings, name, inputs):
        """Appends the layers of a block, as often as the use repeats it; each one reads the one before."""
        block = self.blocks[config["op"]]
        if set(settings) != set(block.get("parameters", [])):
            raise ValueError(f"{name}: block '{config['op']}' takes {block.get('parameters', [])}")
        result = inputs[0]
        start = config.get("start", 0)
        names = [f"{name}.{i}" for i in range(start, start + config["repeat"])] if "repeat" in config else [name]
        for each in names:
            result = self.run(block["layers"], each + ".", {"$input": result}, result, settings)
        return result


_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def evaluate(value, parameters):
    """The value of a string such as "$channels*4"; lists are worked out item by item, all else is left alone."""
    if isinstance(value, list):
        return [evaluate(item, parameters) for item in value]
    if not isinstance(value, str) or not value.startswith("$") or value == "$input":
        return value

    def walk(node):
        if isinstance(node, ast.BinOp):
            left, right = walk(node.left), walk(node.right)
            if isinstance(node.op, (ast.Div, ast.FloorDiv)):
                if left % right:
                    raise ValueError(f"{value}: {left} / {right} is not whole")
                return left // right
            return _OPERATORS[type(node.op)](left, right)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -walk(node.operand)
        if isinstance(node, ast.Constant):
            return node.value
        return parameters[node.id[1:]]

    # A parameter may be called what Python reserves, such as "from".
    return walk(ast.parse(re.sub(r"([A-Za-z_]\w*)", r"_\1", value.replace("$", "")), mode="eval").body)


def pair(value):
    return tuple(value) if isinstance(value, list) else (value, value)


def padding(value, kernel, dilation=(1, 1), stride=(1, 1)):
    """[top, left, bottom, right] of a padding as the file may write it."""
    if value == "valid":
        return 0, 0, 0, 0
    if value == "same":
        if stride != (1, 1):
            raise ValueError("padding 'same' wants stride 1")
        total = [d * (k - 1) for k, d in zip(kernel, dilation)]
        return total[0] // 2, total[1] // 2, total[0] - total[0] // 2, total[1] - total[1] // 2
    if isinstance(value, list) and len(value) == 4:
        return tuple(value)
    height, width = pair(value)
    return height, width, height, width

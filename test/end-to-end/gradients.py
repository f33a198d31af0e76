"""Checks the gradients of every differentiable layer and every loss.

    gradients.py RECORDS.json DLC SCHEMA.json [NAME …]

RECORDS are the nn dialect's records (llvm-tblgen --dump-json) and SCHEMA what `dlc schema` prints: they say which
layers and losses there are, and one without a check here is a failure. Each is a network of several branches, compiled
in f64 and in f32. For f64, the gradients of inputs and parameters agree with central differences of Σ v · y (v random)
or of the loss; for f32, with those of f64. Errors are relative to the tensor's largest gradient.

With a step h the truncation of a central difference is of the order h² and its rounding of 1e-16 / h: both are below
1e-9 for h = 1e-5 and values of order 1, so 1e-6 leaves room for sums and for slopes far from 1.
"""

import json
import sys
from pathlib import Path

import numpy as np

from trainer import Trainer

STEP, F64_TOLERANCE, F32_TOLERANCE = 1e-5, 1e-6, 1e-3
BATCH = 3


def layer(op, *variants, values="normal"):
    """Branches (shape, settings) of one op; `values` says how inputs are drawn."""
    return {"op": op, "variants": variants, "values": values}


def away(shape, rng):
    """No value near 0, where activations have kinks, nor near ±1."""
    x = rng.uniform(0.2, 0.8, shape) + rng.integers(0, 2, shape)
    return x * rng.choice([-1.0, 1.0], shape)


def distinct(shape, rng):
    """No two values close to each other, so that every maximum is clear."""
    return (rng.permutation(int(np.prod(shape))).reshape(shape) - np.prod(shape) / 2) * 0.05


def positive(shape, rng):
    return rng.uniform(0.5, 2, shape)


DRAW = {"normal": lambda shape, rng: rng.standard_normal(shape), "away": away, "distinct": distinct, "positive": positive}

PLANE, FEATURES = (5, 6, 7), (7,)
CASES = [
    layer("conv2d", ((2, 6, 5), dict(out_channels=3, kernel_size=3, padding=1)),
          ((3, 7, 8), dict(out_channels=5, kernel_size=[3, 2], stride=[2, 3], padding=[1, 0, 2, 1])),
          ((4, 6, 6), dict(out_channels=6, kernel_size=3, groups=2, dilation=2, padding=2, bias=False)),
          ((4, 5, 5), dict(out_channels=4, kernel_size=3, groups=4, padding=1)),
          ((17, 4, 4), dict(out_channels=18, kernel_size=1, stride=2)),
          ((2, 6, 6), dict(out_channels=2, kernel_size=2, padding=3)),
          ((3, 9, 7), dict(out_channels=2, kernel_size=3, stride=4))),
    layer("linear", ((7,), dict(out_features=5)), ((3, 4), dict(out_features=2, bias=False)), ((33,), dict(out_features=18))),
    *(layer(op, (PLANE, {}), (FEATURES, {}), values="away") for op in ("relu", "leaky_relu", "elu")),
    *(layer(op, (PLANE, {}), (FEATURES, {})) for op in ("sigmoid", "tanh", "silu", "softplus")),
    layer("clamp", (PLANE, dict(min=-1, max=1)), (FEATURES, dict(min=0, max=1)), values="away"),
    layer("softmax", (FEATURES, {}), ((4, 3, 2), dict(dim=1)), ((4, 3), dict(dim=-1))),
    layer("log_softmax", (FEATURES, {}), ((4, 3, 2), dict(dim=1)), ((4, 3), dict(dim=-1))),
    layer("max_pool2d", ((2, 6, 6), dict(kernel_size=2)), ((2, 7, 7), dict(kernel_size=3, stride=2, padding=1)),
          ((17, 5, 6), dict(kernel_size=3, stride=1)), ((2, 7, 6), dict(kernel_size=2, dilation=2, ceil_mode=True)),
          values="distinct"),
    layer("avg_pool2d", ((2, 6, 6), dict(kernel_size=2)),
          ((2, 7, 7), dict(kernel_size=3, stride=2, padding=1, count_include_pad=False)),
          ((17, 5, 6), dict(kernel_size=3, stride=1, padding=1)), ((2, 7, 6), dict(kernel_size=3, ceil_mode=True))),
    layer("global_avg_pool2d", ((3, 4, 5), {}), ((18, 3, 2), {})),
    layer("batch_norm2d", ((3, 4, 5), {}), ((18, 2, 3), dict(eps=1e-2)), (FEATURES, {})),
    layer("local_response_norm", ((6, 3, 2), dict(size=3, alpha=0.3)),
          ((18, 2, 2), dict(size=4, alpha=0.5, beta=0.6, k=2.0)), ((4, 3), dict(size=2, alpha=0.2, beta=1.0))),
    layer("dropout", ((3, 4, 5), dict(p=0.4)), (FEATURES, dict(p=0.2))),
    layer("identity", (PLANE, {}), (FEATURES, {})),
    layer("flatten", (PLANE, {}), (PLANE, dict(start_dim=2))),
    layer("reshape", (PLANE, dict(shape=["batch", 6, -1])), (FEATURES, dict(shape=["batch", 7, 1, 1]))),
    layer("concat", (((2, 3, 4), (3, 3, 4)), {}), (((16, 2, 2), (5, 2, 2)), {}), (((2, 3, 4), (2, 3, 2)), dict(dim=3))),
    *(layer(op, ((PLANE, PLANE), {}), ((PLANE, (5, 1, 1)), {}), (((5, 1, 7), (1, 6, 1)), {})) for op in ("add", "sub", "mul")),
    layer("div", ((PLANE, PLANE), {}), ((PLANE, (5, 1, 1)), {}), (((5, 1, 7), (1, 6, 1)), {}), values="positive"),
    layer("pad", (PLANE, dict(padding=[1, 2, 0, 3])), (PLANE, dict(padding=[-1, 2, 1, -2, 1, 0], value=0.5)),
          (FEATURES, dict(padding=[2, -1]))),
]

# Losses: branches (shape of the input, settings), and how targets are drawn.
CLASSES = [((7,), {}), ((4, 3, 2), dict(reduction="sum")), ((5,), dict(weight=[1, 0.5, 2, 0, 3]))]
LOSSES = {
    "mse": ([((5,), {}), ((2, 3, 4), dict(reduction="sum")), ((5,), dict(scale=0.5))], "normal"),
    "cross_entropy": (CLASSES + [((6,), dict(label_smoothing=0.1)), ((3,), dict(label_smoothing=0.2, weight=[1, 2, 0.5]))],
                      "classes"),
    "nll": (CLASSES, "classes"),
    "binary_cross_entropy": ([((5,), {}), ((2, 3, 4), dict(reduction="sum"))], "probability"),
    "binary_cross_entropy_with_logits": ([((5,), {}), ((2, 3, 4), dict(reduction="sum"))], "probability"),
    "hinge": ([((5,), {}), ((5,), dict(margin=0.55, reduction="sum"))], "sign"),
    "huber": ([((5,), {}), ((5,), dict(delta=0.5, reduction="sum"))], "normal"),
}


def network_of(case):
    inputs, layers, outputs = {}, [], []
    for v, (shape, settings) in enumerate(case["variants"]):
        shapes = shape if isinstance(shape[0], tuple) else (shape,)
        names = [f"x{v}_{i}" for i in range(len(shapes))]
        for name, each in zip(names, shapes):
            inputs[name] = {"shape": ["batch", *each], "requires_grad": True}
        layers.append({"name": f"y{v}", "op": case["op"], "inputs": names, **settings})
        outputs.append(f"y{v}")
    return {"dlc": 1, "name": "net", "inputs": inputs, "layers": layers, "outputs": outputs,
            "training": {"optimizer": {"op": "sgd"}}}


def loss_network_of(op, variants):
    inputs = {f"x{v}": {"shape": ["batch", *shape], "requires_grad": True} for v, (shape, _) in enumerate(variants)}
    layers = [{"name": f"y{v}", "op": "mul", "inputs": [f"x{v}", f"x{v}"]} for v in range(len(variants))]
    layers.append({"name": "weighted", "op": "linear", "out_features": 1, "input": "y0"})
    losses = [{"op": op, "input": f"y{v}", "target": f"t{v}", **settings} for v, (_, settings) in enumerate(variants)]
    losses.append({"op": "mse", "input": "weighted", "target": "w", "scale": 1e-3})
    return {"dlc": 1, "name": "net", "inputs": inputs, "layers": layers, "outputs": ["weighted"],
            "training": {"loss": losses, "optimizer": {"op": "sgd"}}}


def compare(name, found, expected, tolerance):
    scale = max(np.abs(expected).max(), 1e-3)
    error = np.abs(found - expected).max() / scale
    if not error <= tolerance:
        place = np.unravel_index(np.argmax(np.abs(found - expected)), found.shape)
        print(f"  {name}: error {error:.2e} at {tuple(int(i) for i in place)}: {found[place]} is not {expected[place]}")
        return False
    return True


def differences(evaluate, array):
    """Central differences of `evaluate()` in all elements of `array`, which it reads."""
    gradient = np.empty(array.shape)
    for place in np.ndindex(array.shape):
        value = array[place]
        array[place] = value + STEP
        above = evaluate()
        array[place] = value - STEP
        gradient[place] = (above - evaluate()) / (2 * STEP)
        array[place] = value
    return gradient


def run(trainer, inputs, cotangents):
    """The outputs of the forward phase; dropout draws as it did the last time."""
    trainer.set_updates(0)
    outputs = trainer.forward(inputs)
    if cotangents is None:
        return float(outputs["loss"][0])
    return sum(float((outputs[name].astype(np.float64) * v).sum()) for name, v in cotangents.items())


def gradients(dlc, network, inputs, cotangents, parameters, precision):
    """Gradients of inputs and parameters, and a function for the value that they belong to."""
    trainer = Trainer(dlc, network, batch=BATCH, flags=["--precision", precision])
    for name, value in trainer.values.items():
        if name in parameters:
            value[...] = parameters[name]
        else:
            parameters[name] = value.copy()
    run(trainer, inputs, cotangents)
    given = {} if cotangents is None else {f"{name}.grad": v for name, v in cotangents.items()}
    found = {name[: -len(".grad")]: g.astype(np.float64) for name, g in trainer.backward(given).items()}
    found.update({name: g.astype(np.float64) for name, g in trainer.gradients.items()})
    return trainer, found


def check(dlc, name, network, inputs, cotangents):
    parameters = {}
    trainer, exact = gradients(dlc, network, inputs, cotangents, parameters, "f64")
    rng = np.random.default_rng(7)
    for key, value in trainer.values.items():  # off the initial zeros and ones
        if "running" not in key:
            value += 0.1 * rng.standard_normal(value.shape)
        parameters[key] = value.copy()
    trainer.__exit__()
    trainer, exact = gradients(dlc, network, inputs, cotangents, parameters, "f64")
    good = True
    evaluate = lambda: run(trainer, inputs, cotangents)
    for key, gradient in exact.items():
        array = inputs[key] if key in inputs else trainer.values[key]
        good &= compare(f"{name} {key} (f64)", gradient, differences(evaluate, array), F64_TOLERANCE)
    trainer.__exit__()
    trainer, single = gradients(dlc, network, inputs, cotangents, parameters, "f32")
    trainer.__exit__()
    for key, gradient in exact.items():
        good &= compare(f"{name} {key} (f32)", single[key], gradient, F32_TOLERANCE)
    print(f"{'ok' if good else 'WRONG'} {name}: {len(exact)} tensors, {sum(g.size for g in exact.values())} gradients")
    return good


def check_layer(dlc, case):
    rng = np.random.default_rng(1)
    network = network_of(case)
    draw = DRAW[case["values"]]
    inputs = {name: draw((BATCH, *spec["shape"][1:]), rng) for name, spec in network["inputs"].items()}
    with Trainer(dlc, network, batch=BATCH, flags=["--precision", "f64"]) as trainer:
        shapes = {name: value.shape for name, value in trainer.forward(inputs).items()}
    cotangents = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return check(dlc, case["op"], network, inputs, cotangents)


def loss_inputs(op):
    rng = np.random.default_rng(2)
    variants, kind = LOSSES[op]
    # What the loss reads is the square: between 0.04 and 0.64, or 1.4 and 3.2.
    inputs = {}
    for v, (shape, _) in enumerate(variants):
        whole = (BATCH, *shape)
        x = rng.uniform(0.2, 0.8, whole)
        inputs[f"x{v}"] = x if kind == "probability" else np.where(rng.integers(0, 2, whole), x, x + 1)
        if kind == "classes":
            classes = rng.integers(0, shape[0], (BATCH, *shape[1:]))
            inputs[f"t{v}"] = np.where(classes == 3, 0, classes) if "weight" in variants[v][1] else classes
        else:
            inputs[f"t{v}"] = {"normal": rng.choice([-0.3, 1.0], whole), "probability": rng.uniform(0, 1, whole),
                               "sign": rng.choice([-1.0, 1.0], whole)}[kind]
    inputs["w"] = rng.standard_normal((BATCH, 1))
    return inputs


def check_loss(dlc, op):
    variants, _ = LOSSES[op]
    return check(dlc, f"loss {op}", loss_network_of(op, variants), loss_inputs(op), None)


def main():
    records, dlc, schema, *names = sys.argv[1:]
    records = json.loads(Path(records).read_text())
    layers = {record["opName"] for record in map(records.get, records["!instanceof"]["Nn_Layer"])
              if any(records[trait["def"]].get("cppInterfaceName") == "DifferentiableOpInterface" for trait in record["traits"])}
    every = {records[name]["opName"] for name in records["!instanceof"]["Nn_Layer"]}
    loss = json.loads(Path(schema).read_text())["properties"]["training"]["properties"]["loss"]["anyOf"][0]
    losses = {part["properties"]["op"]["const"] for part in loss["oneOf"]}
    cases = {case["op"]: case for case in CASES}
    good = True
    for what, missing in (("gradient", every - layers), ("check of its gradient", layers - set(cases)),
                          ("check of its gradient", losses - set(LOSSES))):
        for name in sorted(missing):
            print(f"'{name}' has no {what}")
            good = False
    for name in sorted(layers & set(cases)):
        if not names or name in names:
            good &= check_layer(dlc, cases[name])
    for name in sorted(losses & set(LOSSES)):
        if not names or f"loss:{name}" in names:
            good &= check_loss(dlc, name)
    print("all gradients agree" if good else "gradients disagree")
    sys.exit(not good)


if __name__ == "__main__":
    main()

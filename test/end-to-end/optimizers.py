"""Holds the optimisers against the vectors that the ONNX package publishes for its training operators, and all of them,
with all their settings, against a plain implementation of their rules.

    optimizers.py DLC [NAME …]

A linear layer without bias over an input G, batch 1, whose output has the gradient 1, has the gradient G: so the
published gradients become those of parameters. Our vectors are f64; ONNX' are f32, which the tolerance reflects.
"""

import sys
import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

from trainer import Trainer

# An update late enough for 1 − beta^t to be 1: the vectors are of update 0, for which ONNX corrects nothing.
LATE = 1_000_000


def adam(a):
    return ({"op": "adam", "betas": [a["alpha"], a["beta"]], "eps": a["epsilon"], "weight_decay": a["norm_coefficient"]},
            ["exp_avg", "exp_avg_sq"], LATE)


def adagrad(a):
    return ({"op": "adagrad", "lr_decay": a["decay_factor"], "eps": a["epsilon"], "weight_decay": a["norm_coefficient"]},
            ["sum"], 0)


def momentum(a):
    return ({"op": "sgd", "momentum": a["alpha"], "nesterov": a["mode"] == b"nesterov",
             "weight_decay": a["norm_coefficient"]}, ["momentum_buffer"], 0)


OPERATORS = {"Adam": adam, "Adagrad": adagrad, "Momentum": momentum}


def check(dlc, case):
    node = case.model.graph.node[0]
    defaults = {"norm_coefficient": 0.0, "norm_coefficient_post": 0.0, "epsilon": 0.0, "decay_factor": 0.0}
    attributes = {**defaults, **{a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}}
    assert attributes["norm_coefficient_post"] == 0
    attributes = {key: round(value, 8) if isinstance(value, float) else value for key, value in attributes.items()}
    optimizer, slots, updates = OPERATORS[node.op_type](attributes)
    (rate, step, *inputs), outputs = case.data_sets[0]
    assert step == 0
    optimizer["lr"] = float(rate)
    count = len(outputs) // (1 + len(slots))
    parts = lambda arrays: [arrays[i * count:(i + 1) * count] for i in range(len(arrays) // count)]
    (values, gradients, *kept), (new_values, *new_kept) = parts(inputs), parts(outputs)
    network = {"dlc": 1, "name": "net",
               "inputs": {f"x{i}": {"shape": ["batch", value.size]} for i, value in enumerate(values)},
               "layers": [{"name": f"p{i}", "op": "linear", "input": f"x{i}", "out_features": 1, "bias": False}
                          for i in range(count)],
               "outputs": [f"p{i}" for i in range(count)], "training": {"optimizer": optimizer}}
    good = True
    with Trainer(dlc, network, batch=1, flags=["--precision", "f64"]) as trainer:
        names = [f"p{i}.weight" for i in range(count)]
        trainer.set_updates(updates)
        trainer.forward({f"x{i}": gradient.reshape(1, -1) for i, gradient in enumerate(gradients)})
        for i, name in enumerate(names):
            trainer.values[name][...] = values[i].reshape(1, -1)
            for slot, arrays in zip(slots, kept):
                trainer.slots(slot)[name][...] = arrays[i].reshape(1, -1)
        trainer.backward({f"p{i}.grad": np.ones((1, 1)) for i in range(count)})
        trainer.update()
        for i, name in enumerate(names):
            found = [(name, trainer.values[name], new_values[i])]
            found += [(f"{slot} of {name}", trainer.slots(slot)[name], arrays[i]) for slot, arrays in zip(slots, new_kept)]
            for what, ours, theirs in found:
                error = np.abs(ours.ravel() - theirs.ravel()).max()
                if error > 1e-6 * max(1, np.abs(theirs).max()):
                    print(f"  {case.name}: {what} is {ours.ravel()}, not {theirs.ravel()}")
                    good = False
    print("ok" if good else "WRONG", case.name)
    return good


#===----------------------------------------------------------------------===#
# The rules, as PyTorch documents them
#===----------------------------------------------------------------------===#


class Rule:
    """One parameter's state; `step` returns its new value. All settings are given."""

    def __init__(self, value, settings):
        self.value, self.settings = value.copy(), settings
        self.slots = {}
        self.t = 0

    def slot(self, name):
        return self.slots.setdefault(name, np.zeros_like(self.value))

    def step(self, g):
        s, w = self.settings, self.value
        self.t += 1
        if s["op"] == "adamw":
            w = w - s["lr"] * s["weight_decay"] * w
        else:
            g = g + s["weight_decay"] * w
        self.value = w - getattr(self, s["op"])(g, s)
        return self.value

    def sgd(self, g, s):
        if not s["momentum"]:
            return s["lr"] * g
        b = self.slots["b"] = s["momentum"] * self.slot("b") + g
        return s["lr"] * (g + s["momentum"] * b if s["nesterov"] else b)

    def adagrad(self, g, s):
        total = self.slots["sum"] = self.slot("sum") + g * g
        return s["lr"] / (1 + (self.t - 1) * s["lr_decay"]) * g / (np.sqrt(total) + s["eps"])

    def adadelta(self, g, s):
        v = self.slots["v"] = s["rho"] * self.slot("v") + (1 - s["rho"]) * g * g
        delta = np.sqrt(self.slot("u") + s["eps"]) / np.sqrt(v + s["eps"]) * g
        self.slots["u"] = s["rho"] * self.slot("u") + (1 - s["rho"]) * delta * delta
        return s["lr"] * delta

    def rmsprop(self, g, s):
        v = self.slots["v"] = s["alpha"] * self.slot("v") + (1 - s["alpha"]) * g * g
        direction = g / (np.sqrt(v) + s["eps"])
        b = self.slots["b"] = s["momentum"] * self.slot("b") + direction
        return s["lr"] * b

    def adam(self, g, s):
        first, second = s["betas"]
        m = self.slots["m"] = first * self.slot("m") + (1 - first) * g
        v = self.slots["v"] = second * self.slot("v") + (1 - second) * g * g
        return s["lr"] * (m / (1 - first**self.t)) / (np.sqrt(v / (1 - second**self.t)) + s["eps"])

    adamw = adam


RULES = [
    {"op": "sgd", "lr": 0.1, "momentum": 0, "nesterov": False, "weight_decay": 0},
    {"op": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01, "clip_grad_norm": 0.7},
    {"op": "adagrad", "lr": 0.1, "lr_decay": 0.2, "eps": 1e-10, "weight_decay": 0.01},
    {"op": "adadelta", "lr": 0.9, "rho": 0.8, "eps": 1e-6, "weight_decay": 0.01},
    {"op": "rmsprop", "lr": 0.01, "alpha": 0.9, "momentum": 0, "eps": 1e-8, "weight_decay": 0},
    {"op": "rmsprop", "lr": 0.01, "alpha": 0.9, "momentum": 0.5, "eps": 1e-8, "weight_decay": 0.1},
    {"op": "adam", "lr": 0.01, "betas": [0.8, 0.99], "eps": 1e-8, "weight_decay": 0.01, "clip_grad_norm": 100},
    {"op": "adamw", "lr": 0.01, "betas": [0.8, 0.99], "eps": 1e-8, "weight_decay": 0.1},
]


def check_rule(dlc, settings):
    """Five steps of two parameters with random gradients; f64, so that only the order of operations differs."""
    network = {"dlc": 1, "name": "net", "inputs": {"a": {"shape": ["batch", 5]}, "b": {"shape": ["batch", 19]}},
               "layers": [{"name": name.upper(), "op": "linear", "input": name, "out_features": 1, "bias": False} for name in "ab"],
               "outputs": ["A", "B"], "training": {"optimizer": settings}}
    rng = np.random.default_rng(5)
    with Trainer(dlc, network, batch=1, flags=["--precision", "f64"]) as trainer:
        rules = {name: Rule(trainer.values[f"{name.upper()}.weight"], settings) for name in "ab"}
        error = 0
        for _ in range(5):
            inputs = {"a": rng.standard_normal((1, 5)), "b": rng.standard_normal((1, 19))}
            trainer.forward(inputs)
            trainer.backward({"A.grad": [[1]], "B.grad": [[1]]})
            trainer.update()
            norm = np.sqrt(sum((g * g).sum() for g in inputs.values()))
            factor = min(1, settings["clip_grad_norm"] / (norm + 1e-6)) if "clip_grad_norm" in settings else 1
            for name, rule in rules.items():
                error = max(error, np.abs(rule.step(factor * inputs[name]) - trainer.values[f"{name.upper()}.weight"]).max())
    print(f"{'ok' if error < 1e-12 else 'WRONG'} {settings}: {error:.1e}")
    return error < 1e-12


def main():
    dlc, *names = sys.argv[1:]
    cases = [case for case in collect_testcases() if case.model.graph.node[0].op_type in OPERATORS]
    cases = [case for case in cases if not names or case.name in names]
    assert cases, "the ONNX package has no vectors"
    good = all([check(dlc, case) for case in cases])
    print(f"{len(cases)} published vectors hold" if good else "published vectors do not hold")
    good &= all([check_rule(dlc, settings) for settings in RULES])
    sys.exit(not good)


main()

"""Training examples that textbooks work out by hand.

    worked_examples.py DLC
"""

import sys

import numpy as np

from trainer import Trainer


def sigmoid_network(outputs):
    """Layers of so many sigmoid units, and half the sum of squared errors."""
    layers = []
    for i, units in enumerate(outputs):
        layers += [{"name": f"fc{i}", "op": "linear", "out_features": units}, {"name": f"out{i}", "op": "sigmoid"}]
    return {"dlc": 1, "name": "net", "inputs": {"x": {"shape": ["batch", 2]}}, "layers": layers,
            "training": {"loss": {"op": "mse", "reduction": "sum", "scale": 0.5},
                         "optimizer": {"op": "sgd", "lr": 0.5}}}


def expect(what, found, published, digits):
    good = abs(found - published) <= 0.51 * 10.0**-digits
    print(f"{'ok' if good else 'WRONG'} {what}: {found:.{digits}f}, published {published:.{digits}f}")
    return good


def two_layers(dlc, precision, digits):
    """Two inputs, two hidden and two output units; biases stay as they are."""
    with Trainer(dlc, sigmoid_network([2, 2]), batch=1, flags=["--precision", precision]) as trainer:
        values = {"fc0.weight": [[0.15, 0.20], [0.25, 0.30]], "fc0.bias": [0.35, 0.35],
                  "fc1.weight": [[0.40, 0.45], [0.50, 0.55]], "fc1.bias": [0.60, 0.60]}
        biases = [name for name in values if name.endswith("bias")]
        for name, value in values.items():
            trainer.values[name][...] = value
        inputs = {"x": [[0.05, 0.10]], "target": [[0.01, 0.99]]}
        before = trainer.step(inputs)["loss"][0]
        for name in biases:
            trainer.values[name][...] = values[name]
        weights = {name: trainer.values[name].copy() for name in values}
        after = trainer.forward(inputs)["loss"][0]
        return (expect(f"total error ({precision})", before, 0.298371109, digits) &
                expect(f"w5 ({precision})", weights["fc1.weight"][0, 0], 0.358916480, digits) &
                expect(f"w1 ({precision})", weights["fc0.weight"][0, 0], 0.149780716, digits) &
                expect(f"error after one step ({precision})", after, 0.291027774, digits))


def neuron(dlc):
    """The derivative of a sigmoid neuron's result by its first weight."""
    network = sigmoid_network([1])
    del network["training"]["loss"]
    with Trainer(dlc, network, batch=1) as trainer:
        trainer.values["fc0.weight"][...] = [[2, -3]]
        trainer.values["fc0.bias"][...] = [-3]
        trainer.forward({"x": [[-1, -2]]})
        trainer.backward({"out0.grad": [[1]]})
        return expect("dz/dw0 of a neuron", trainer.gradients["fc0.weight"][0, 0], -0.1966, 4)


def softmax_cross_entropy(dlc):
    """The gradient of the logits is y − t: the probabilities, less 1 at the target."""
    network = {"dlc": 1, "name": "net", "inputs": {"x": {"shape": ["batch", 5], "requires_grad": True}},
               "layers": [{"name": "y", "op": "softmax", "input": "logits"}, {"name": "logits", "op": "identity", "input": "x"}],
               "outputs": ["y"],
               "training": {"loss": {"op": "cross_entropy", "input": "logits", "reduction": "sum"}, "optimizer": {"op": "sgd"}}}
    network["layers"].reverse()
    with Trainer(dlc, network, batch=4, flags=["--precision", "f64"]) as trainer:
        rng = np.random.default_rng(3)
        target = rng.integers(0, 5, 4)
        y = trainer.forward({"x": rng.standard_normal((4, 5)), "target": target})["y"]
        error = np.abs(trainer.backward()["x.grad"] - (y - np.eye(5)[target])).max()
        print(f"{'ok' if error < 1e-12 else 'WRONG'} gradient of softmax cross-entropy is y − t: {error:.1e}")
        return error < 1e-12


def ties(dlc):
    """Of equal elements the first one takes a maximum's gradient; windows that overlap add up."""
    network = {"dlc": 1, "name": "net", "inputs": {"x": {"shape": ["batch", 1, 3, 4], "requires_grad": True}},
               "layers": [{"name": "pool", "op": "max_pool2d", "kernel_size": [3, 2], "stride": 1}],
               "training": {"optimizer": {"op": "sgd"}}}
    with Trainer(dlc, network, batch=1) as trainer:
        good = True
        for x, gradient in (([[1, 1, 1, 1]] * 3, [[1, 10, 100, 0], [0] * 4, [0] * 4]),
                            ([[0, 5, 0, 0], [0, 0, 0, 0], [5, 5, 7, 7]], [[0, 1, 0, 0], [0] * 4, [0, 0, 110, 0]])):
            trainer.forward({"x": np.array(x).reshape(1, 1, 3, 4)})
            found = trainer.backward({"pool.grad": np.array([1, 10, 100]).reshape(1, 1, 1, 3)})["x.grad"]
            same = np.array_equal(found[0, 0], gradient)
            print("ok ties" if same else f"WRONG ties: {found[0, 0].tolist()} is not {gradient}")
            good &= same
        return good


def main():
    dlc = sys.argv[1]
    results = [two_layers(dlc, "f64", 9), two_layers(dlc, "f32", 6), neuron(dlc), softmax_cross_entropy(dlc), ties(dlc)]
    print("all worked examples hold" if all(results) else "worked examples do not hold")
    sys.exit(not all(results))


main()

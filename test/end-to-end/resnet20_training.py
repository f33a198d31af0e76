"""Follows PyTorch's losses for 20 steps of ResNet-20 on CIFAR-10: SGD, rate 0.01, batch 64, no augmentation.

    resnet20_training.py DLC NETWORK DATA       dlc against the losses below
    resnet20_training.py pytorch DATA           where PyTorch is installed: prints them

From weights drawn as PyTorch draws them, such a run is chaotic: whether a ReLU passes an element that is nearly zero
depends on rounding, and each such difference grows from step to step. Within 20 steps PyTorch's own f32 comes 1e-2 away
from its f64, and as far from itself on another number of threads. So from there the losses are compared in f64, where
they agree as long as the two compute the same. In f32 they are compared from weights around which training is not
chaotic, the trained ones, where PyTorch's f32 is within 4e-5 of its f64.
"""

import json
import sys
from pathlib import Path

import numpy as np

BATCH, STEPS = 64, 20
MEAN = np.array([0.485, 0.456, 0.406]).reshape(3, 1, 1)
STD = np.array([0.229, 0.224, 0.225]).reshape(3, 1, 1)

# The losses of PyTorch 2.15 in f64, by what training begins with.
PYTORCH = {
    "drawn": [
        2.349751201712, 2.509118269307, 2.476296453408, 2.541789236453, 2.380075572340, 2.252516236636,
        2.257590069380, 2.338028242919, 2.305379006098, 2.264123480936, 2.186147361479, 2.250804334398,
        2.241889244041, 2.206488462094, 2.182625980519, 2.174354962174, 2.164087730035, 2.056881768118,
        2.098404049521, 2.070884725965],
    "trained": [
        0.061920253670, 0.058510187714, 0.069248509380, 0.165149752736, 0.101960058721, 0.058994377850,
        0.146053649676, 0.034327949695, 0.198228703436, 0.076189977583, 0.132348360081, 0.201949281951,
        0.145627521796, 0.120543004886, 0.125186129888, 0.172374385797, 0.065134365171, 0.129942479437,
        0.197026097340, 0.101397219694],
}
# How far dlc may be from them.
F64, F32 = 1e-8, 1e-3


def load_data(folder):
    records = np.fromfile(Path(folder) / "cifar10" / "cifar10_train_first4000.bin", np.uint8)[:STEPS * BATCH * 3073]
    records = records.reshape(STEPS, BATCH, 3073)
    return records[:, :, 1:].reshape(STEPS, BATCH, 3, 32, 32), records[:, :, 0].astype(np.int64)


def begin(start, folder, shapes):
    """Initial values by name, for these shapes."""
    if start == "trained":
        with np.load(Path(folder) / "models" / "cifar10_resnet20-12fca82f.npz") as file:
            return {name: file[name].astype(np.float32) for name in shapes}
    # Weights and the bias evenly from ±1/√(fan in) as PyTorch draws them, batch norm as usual.
    rng = np.random.default_rng(20)
    values = {}
    for name in sorted(shapes):
        bound = 1 / np.sqrt(np.prod(shapes[name][1:] or (64,)))
        if len(shapes[name]) > 1 or name == "linear.bias":
            values[name] = rng.uniform(-bound, bound, shapes[name]).astype(np.float32)
        else:
            values[name] = np.full(shapes[name], name.endswith(("weight", "running_var")), np.float32)
    return values


def run_dlc(dlc, network, start, folder, raw, flags=()):
    """The losses of dlc; `raw`: the network takes bytes, else numbers normalised here."""
    from trainer import Trainer

    network = json.loads(Path(network).read_text())
    if not raw:
        network["inputs"] = {"image": {"shape": ["batch", 3, 32, 32]}}
    network["training"]["optimizer"] = {"op": "sgd", "lr": 0.01}
    images, labels = load_data(folder)
    with Trainer(dlc, network, batch=BATCH, threads=2, flags=flags) as trainer:
        for name, value in begin(start, folder, {name: value.shape for name, value in trainer.values.items()}).items():
            trainer.values[name][...] = value
        return [float(trainer.step({"image": x if raw else (x / 255 - MEAN) / STD, "label": y})["loss"][0])
                for x, y in zip(images, labels)]


def run_pytorch(start, folder, dtype):
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Basic(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.stride, self.pad = outputs // inputs, (outputs - inputs) // 2
            self.conv1 = nn.Conv2d(inputs, outputs, 3, self.stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)

        def forward(self, x):
            y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(y + F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.pad, self.pad)))

    class ResNet20(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
            self.layer1, self.layer2, self.layer3 = (
                nn.Sequential(Basic(inputs, outputs), Basic(outputs, outputs), Basic(outputs, outputs))
                for inputs, outputs in ((16, 16), (16, 32), (32, 64)))
            self.linear = nn.Linear(64, 10)

        def forward(self, x):
            y = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
            return self.linear(y.mean((2, 3)))

    torch.set_num_threads(1)
    model = ResNet20()
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items() if "num_batches" not in name}
    model.load_state_dict({name: torch.tensor(value) for name, value in begin(start, folder, shapes).items()}, strict=False)
    model = model.to(dtype).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    losses = []
    for x, y in zip(*load_data(folder)):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(torch.tensor((x / 255 - MEAN) / STD).to(dtype)), torch.tensor(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def largest(found, expected):
    return max(abs(a - b) for a, b in zip(found, expected, strict=True))


def print_pytorch(folder):
    import torch

    for start in PYTORCH:
        losses = run_pytorch(start, folder, torch.float64)
        single = run_pytorch(start, folder, torch.float32)
        print(f"{start}: {losses}\nf32 within {largest(single, losses):.1e}, PyTorch {torch.__version__}", flush=True)


def main():
    if sys.argv[1] == "pytorch":
        return print_pytorch(sys.argv[2])
    dlc, network, folder = sys.argv[1:]
    good = True
    for start, precision, raw, tolerance in (("drawn", "f64", False, F64), ("trained", "f64", False, F64),
                                             ("trained", "f32", True, F32)):
        losses = run_dlc(dlc, network, start, folder, raw, ["--precision", precision])
        worst = largest(losses, PYTORCH[start])
        good &= worst < tolerance
        print(f"{'ok' if worst < tolerance else 'WRONG'} {start}, {precision}: {losses[0]:.6f} … {losses[-1]:.6f}, "
              f"the largest difference in {len(losses)} steps {worst:.1e}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

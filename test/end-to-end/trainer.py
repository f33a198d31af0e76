"""Training sessions of the C ABI in Python: a network compiled with --train, loaded as a shared library.

    with Trainer(dlc, {"dlc": 1, …}, batch=8) as trainer:
        outputs, loss = trainer.step({"image": x, "label": t})
        trainer.gradients["conv1.weight"]
"""

import ctypes as c
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

MAX_RANK = 8
TYPES = {3: np.uint8, 2: np.int8, 6: np.int32, 7: np.uint32, 12: np.float32, 13: np.float64}


class Options(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("batch", c.c_int64), ("threads", c.c_int32), ("profile", c.c_int32),
                ("arena", c.c_void_p), ("arena_bytes", c.c_size_t), ("allocator", c.c_void_p), ("log", c.c_void_p),
                ("log_context", c.c_void_p), ("pool", c.c_void_p), ("parallel_for", c.c_void_p),
                ("parallel_for_context", c.c_void_p), ("weights_path", c.c_char_p), ("device", c.c_char_p),
                ("stream", c.c_void_p), ("device_memory", c.c_int32)]


class TrainerOptions(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("seed", c.c_uint64), ("accumulate", c.c_int32),
                ("gradient_ready", c.c_void_p), ("gradient_context", c.c_void_p)]


class TensorInfo(c.Structure):
    _fields_ = [("name", c.c_char_p), ("type", c.c_int), ("rank", c.c_int32), ("shape", c.c_int64 * MAX_RANK),
                ("bytes", c.c_size_t)]


class VariableInfo(c.Structure):
    _fields_ = [("name", c.c_char_p), ("type", c.c_int), ("rank", c.c_int32), ("shape", c.c_int64 * MAX_RANK),
                ("bytes", c.c_size_t), ("trained", c.c_int32), ("values", c.c_void_p), ("gradient", c.c_void_p)]


def view(pointer, info):
    shape = tuple(info.shape[: info.rank])
    data = (c.c_char * info.bytes).from_address(pointer)
    return np.frombuffer(data, TYPES[info.type]).reshape(shape)


class Trainer:
    def __init__(self, dlc, network, batch=4, threads=1, seed=0, flags=(), accumulate=0, profile=False, runtime=None,
                 keep=None, device="cpu"):
        """`network`: what the network file holds, or the path of one. `runtime`: libdlc_runtime.a, beside dlc unless given.
        `device`: where it trains, for which `flags` must ask."""
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(keep or self.folder.name)
        path = network
        if isinstance(network, dict):
            path = folder / "net.json"
            path.write_text(json.dumps(network))
        built = subprocess.run([dlc, "compile", str(path), "--train", "-o", str(folder / "net.o"), *flags],
                               capture_output=True, text=True)
        if built.returncode:
            raise RuntimeError(f"{' '.join(built.args)} ended with {built.returncode}\n{built.stderr}")
        runtime = runtime or Path(dlc).resolve().parent.parent / "lib" / "libdlc_runtime.a"
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-o", str(folder / "net.so"), str(folder / "net.o"),
                        "-Wl,--whole-archive", str(runtime), "-Wl,--no-whole-archive", "-lm", "-lpthread"], check=True)
        self.lib = c.CDLL(str(folder / "net.so"))
        name = json.loads(Path(path).read_text())["name"]
        self.training = c.addressof(c.c_char.in_dll(self.lib, f"{name}_training"))
        self.lib.dlc_trainer_error.restype = c.c_char_p
        self.lib.dlc_trainer_slot_name.restype = c.c_char_p
        self.lib.dlc_trainer_slot.restype = c.c_void_p
        self.lib.dlc_training_model.restype = c.c_void_p
        self.handle = c.c_void_p()
        self.check(self.lib.dlc_trainer_create(
            c.c_void_p(self.training), c.byref(Options(c.sizeof(Options), batch, threads, profile, device=device.encode())),
            c.byref(TrainerOptions(c.sizeof(TrainerOptions), seed, accumulate)), c.byref(self.handle)), None)
        self.infos = self.describe()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lib.dlc_trainer_destroy(self.handle)
        self.folder.cleanup()

    def check(self, status, handle=True):
        if status:
            message = self.lib.dlc_trainer_error(self.handle if handle else None)
            raise RuntimeError(f"status {status}: {message.decode()}")

    def describe(self):
        training = c.c_void_p(self.training)
        infos = {"inputs": [], "outputs": []}
        for kind, count, get in (("inputs", self.lib.dlc_training_input_count, self.lib.dlc_training_input_info),
                                 ("outputs", self.lib.dlc_training_output_count, self.lib.dlc_training_output_info)):
            for index in range(count(training)):
                info = TensorInfo()
                self.check(get(training, index, c.c_int64(0), c.byref(info)), None)
                infos[kind].append(info)
        infos["forward_inputs"] = self.lib.dlc_training_forward_input_count(training)
        infos["forward_outputs"] = self.lib.dlc_training_forward_output_count(training)
        return infos

    def tensors(self, kind, n, values=None, begin=0, end=None):
        """Contiguous arrays for the inputs or outputs in [begin, end), and the array of pointers to them."""
        arrays = {}
        pointers = (c.c_void_p * max(1, len(self.infos[kind])))()
        for index, info in enumerate(self.infos[kind][begin:end]):
            name, training = info.name.decode(), c.c_void_p(self.training)
            exact = TensorInfo()
            get = self.lib.dlc_training_input_info if kind == "inputs" else self.lib.dlc_training_output_info
            self.check(get(training, begin + index, c.c_int64(n), c.byref(exact)), None)
            shape = tuple(exact.shape[: exact.rank])
            if values is not None:
                array = np.ascontiguousarray(values[name], TYPES[exact.type])
                assert array.shape == shape, f"{name}: {array.shape} is not {shape}"
            else:
                array = np.full(shape, np.nan if exact.type > 11 else 0, TYPES[exact.type])
            arrays[name] = array
            pointers[index] = array.ctypes.data
        return arrays, pointers

    def step(self, inputs):
        return self.call(self.lib.dlc_trainer_step, inputs)

    def forward(self, inputs):
        return self.call(self.lib.dlc_trainer_forward, inputs, self.infos["forward_inputs"], self.infos["forward_outputs"])

    def call(self, function, inputs, input_end=None, output_end=None):
        n = len(next(iter(inputs.values())))
        self.kept, pointers = self.tensors("inputs", n, inputs, 0, input_end)
        outputs, results = self.tensors("outputs", n, None, 0, output_end)
        self.n, self.kept_outputs = n, outputs
        self.check(function(self.handle, c.c_int64(n), pointers, results))
        return outputs

    def backward(self, inputs=None):
        self.kept_backward, pointers = self.tensors("inputs", self.n, inputs or {}, self.infos["forward_inputs"])
        outputs, results = self.tensors("outputs", self.n, None, self.infos["forward_outputs"])
        self.check(self.lib.dlc_trainer_backward(self.handle, pointers, results))
        return outputs

    def accumulate(self, weight):
        self.check(self.lib.dlc_trainer_accumulate(self.handle, c.c_double(weight)))

    def update(self):
        self.check(self.lib.dlc_trainer_update(self.handle))

    def predict(self, inputs):
        """The outputs at inference."""
        n = len(next(iter(inputs.values())))
        count = self.infos["forward_outputs"] - sum(i.name == b"loss" for i in self.infos["outputs"])
        _, pointers = kept = self.tensors("inputs", n, inputs, 0, len(inputs))
        outputs, results = self.tensors("outputs", n, None, 0, count)
        self.check(self.lib.dlc_trainer_predict(self.handle, c.c_int64(n), pointers, results))
        return outputs

    def set(self, name, value):
        self.check(self.lib.dlc_trainer_set(self.handle, name.encode(), c.c_double(value)))

    def set_updates(self, updates):
        self.check(self.lib.dlc_trainer_set_updates(self.handle, c.c_int64(updates)))

    def variables(self):
        for index in range(self.lib.dlc_trainer_variable_count(self.handle)):
            info = VariableInfo()
            self.check(self.lib.dlc_trainer_variable(self.handle, index, c.byref(info)))
            yield index, info

    @property
    def values(self):
        """Views of all variables, to be read and written."""
        return {info.name.decode(): view(info.values, info) for _, info in self.variables()}

    @property
    def gradients(self):
        return {info.name.decode(): view(info.gradient, info) for _, info in self.variables() if info.trained}

    def slots(self, name):
        """Views of what the optimiser keeps for each variable in the slot of that name."""
        for slot in range(self.lib.dlc_trainer_slot_count(self.handle)):
            if self.lib.dlc_trainer_slot_name(self.handle, slot).decode() == name:
                return {info.name.decode(): view(self.lib.dlc_trainer_slot(self.handle, slot, index), info)
                        for index, info in self.variables() if info.trained}
        raise KeyError(name)

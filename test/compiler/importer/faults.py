"""Malformed network files, one fault each, and what dlc has to say of them: see fault_cases.py for the command line.

A ^ in a network's text marks the place of the diagnostic: it points at what follows it.
"""

import fault_cases

MARK = "^"


def network(layers, head='"dlc": 1, "name": "net"', inputs='"image": { "shape": ["batch", 3, 8, 8] }', more=""):
    return "{ %s,\n  \"inputs\": { %s },\n  \"layers\": [\n    %s\n  ]%s\n}\n" % (head, inputs, layers, more)


def block(layers, uses, parameters='"parameters": ["n"], ', more=""):
    """A network with one block, "b"."""
    return network(uses, more=',\n  "blocks": { "b": { %s"layers": [ %s ] }%s }' % (parameters, layers, more))


RELU = '{ "op": "relu" }'
CONV = '{ "name": "c", "op": "conv2d", "out_channels": 4, "kernel_size": 3 }'


def conv(settings):
    return '{ "name": "c", "op": "conv2d", "out_channels": 4, "kernel_size": 3, %s }' % settings


def layer(text):
    return network("^" + text)


# Name: (text, message). A text with a mark is located there; bytes go as they are, located at the beginning.
FAULTS = {
    # Syntax and encoding.
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\t\n", "the file holds nothing"),
    "only-bom": (b"\xef\xbb\xbf", "the file holds nothing"),
    "open-brace": ("{^", "unexpected end of the file"),
    "open-string": ('{ "dlc": ^"1', "missing closing quote"),
    "trailing-comma": ('{ "dlc": 1^, }', "a comma that nothing follows"),
    "trailing-comma-in-list": ('{ "a": [1^,\n ] }', "a comma that nothing follows"),
    "missing-comma": ('{ "dlc": 1 ^"name": "x" }', "unexpected string literal, expected '}'"),
    "missing-colon": ('{ "dlc" ^1 }', "expected ':'"),
    "comment": ('^// a network\n{ "dlc": 1 }', "JSON has no comments"),
    "single-quotes": ("{ ^'dlc': 1 }", "strings stand in double quotes"),
    "python-literal": ('{ "dlc": ^True }', "invalid value"),
    "bad-number": ('{ "dlc": 1.^}', "expected digit after '.'"),
    "bad-escape": ('{ "dlc": "\\^q" }', "forbidden character after backslash"),
    "control-character": (b'{ "dlc": "a\x01b" }', "control character"),
    "trailing-garbage": (network(RELU) + "^garbage", "invalid value"),
    "zero-byte-and-garbage": (network(RELU).encode() + b"\0garbage", "a zero byte"),
    "second-value": (network(RELU) + "^{}", "expected end of input"),
    "number-beyond-doubles": ('{ "dlc": ^1e999 }', "number 1e999 is out of range"),
    "integer-beyond-64-bits": ('{ "dlc": ^123456789012345678901234567890 }', "is out of range"),
    "integer-of-2^63": (b'{ "dlc": 9223372036854775808 }', "number 9223372036854775808 is out of range"),
    "long-number": ('{ "dlc": ^%s }' % ("9" * 5000), "is out of range"),
    "latin-1": ('{ "dlc": 1, "name": "n^\xe9t" }'.encode("latin-1"), "the file is not UTF-8: byte 0xE9"),
    "utf-16": ("\ufeff{}".encode("utf-16-le").replace(b"\0", b""), "the file is not UTF-8: byte 0xFF"),
    "overlong-utf-8": (b'{ "a^\xc0\xaf": 1 }', "the file is not UTF-8: byte 0xC0"),
    "lone-surrogate": (b'{ "\\ud800": 1 }', "surrogate"),
    "deep-lists": ("[" * 64 + "^" + "[" * 3_000_000, "more than 64 objects and lists inside one another"),
    "deep-objects": ('{"a":' * 64 + "^" + '{"a":' * 100_000, "more than 64 objects and lists inside one another"),
    "binary": (bytes(range(128, 256)), "the file is not UTF-8"),
    "zeros": (bytes(1000), "a zero byte"),
    "duplicate-key": ('{ "dlc": 1, "name": "x", ^"dlc": 1 }', "duplicate key 'dlc'"),
    "duplicate-key-in-layer": (network('{ "op": "relu", ^"op": "tanh" }'), "duplicate key 'op'"),
    # The head.
    "list": ("^[]", "a network file takes an object, not a list"),
    "string": ('^"net"', "a network file takes an object, not a string"),
    "null": ("^null", "a network file takes an object, not null"),
    "empty-object": ("^{}", "a network needs 'dlc'"),
    "no-version": ("^" + network(RELU, head='"name": "net"'), "a network needs 'dlc'"),
    "other-version": (network(RELU, head='"dlc": ^2, "name": "net"'), "this dlc reads version 1"),
    "version-as-text": (network(RELU, head='"dlc": ^"1", "name": "net"'), "this dlc reads version 1"),
    "no-name": ("^" + network(RELU, head='"dlc": 1'), "a network needs 'name'"),
    "empty-name": (network(RELU, head='"dlc": 1, "name": ^""'), "'name' is empty"),
    "name-with-dash": (network(RELU, head='"dlc": 1, "name": ^"le-net"'), "'le-net' is no C identifier"),
    "name-with-digit-first": (network(RELU, head='"dlc": 1, "name": ^"5net"'), "is no C identifier"),
    "name-as-number": (network(RELU, head='"dlc": 1, "name": ^5'), "'name' takes a string, not a whole number"),
    "unknown-key": (network(RELU, more=', ^"output": ["x"]'), "unknown key 'output' in a network; did you mean 'outputs'?"),
    "no-inputs": ('^{ "dlc": 1, "name": "x", "layers": [] }', "a network needs 'inputs'"),
    "no-layers": ('^{ "dlc": 1, "name": "x", "inputs": {} }', "a network needs 'layers'"),
    "weights-as-number": (network(RELU, more=', "weights": ^1'), "'weights' takes a string"),
    # Inputs.
    "inputs-as-list": ('{ "dlc": 1, "name": "x", "inputs": ^[], "layers": [] }', "'inputs' takes an object, not a list"),
    "inputs-empty": ('{ "dlc": 1, "name": "x", "inputs": ^{}, "layers": [] }', "a network without inputs"),
    "input-as-shape": (network(RELU, inputs='"image": ^[1, 3, 8, 8]'), "an input takes an object"),
    "input-key": (network(RELU, inputs='"image": { ^"size": [1] }'), "unknown key 'size' in an input"),
    "input-without-shape": (network(RELU, inputs='"image": ^{}'), "an input needs 'shape'"),
    "input-shape-empty": (network(RELU, inputs='"image": { "shape": ^[] }'), "a shape without dimensions"),
    "input-shape-zero": (network(RELU, inputs='"image": { "shape": ["batch", ^0] }'), "a size is at least 1, not 0"),
    "input-shape-negative": (network(RELU, inputs='"image": { "shape": ["batch", ^-3] }'), "a size is at least 1, not -3"),
    "input-shape-fraction": (network(RELU, inputs='"image": { "shape": ["batch", ^3.5] }'), "takes a whole number, not a number"),
    "input-shape-huge": (network(RELU, inputs='"image": { "shape": ["batch", ^9223372036854775807] }'), "a size is at most 2147483647"),
    "input-shape-product": (network("^" + RELU, inputs='"image": { "shape": ["batch", 2147483647, 2147483647, 2147483647] }'), ""),
    "input-batch-inside": (network(RELU, inputs='"image": { "shape": [1, ^"batch"] }'), 'only the first one may be "batch"'),
    "input-other-symbol": (network(RELU, inputs='"image": { "shape": [^"n", 3] }'), 'a whole number or "batch"'),
    "input-type": (network(RELU, inputs='"image": { "shape": [1, 3, 8, 8], "type": ^"f64" }'), "'type' is"),
    "input-layout": (network(RELU, inputs='"image": { "shape": [1, 3, 8, 8], "layout": ^"HWC" }'), "'layout' is"),
    "input-rank-of-bytes": (network(RELU, inputs='"image": { "shape": ^["batch", 8], "type": "u8" }'), "has four dimensions"),
    "input-mean-count": (network(RELU, inputs='"image": { "shape": [1, 3, 8, 8], "normalize": { "mean": ^[1, 2] } }'), "'mean' has 2 values for 3 channels"),
    "input-std-zero": (network(RELU, inputs='"image": { "shape": [1, 3, 8, 8], "normalize": { "std": [1, ^0, 1] } }'), "a standard deviation of 0"),
    "input-mean-text": (network(RELU, inputs='"image": { "shape": [1, 3, 8, 8], "normalize": { "mean": [^"a"] } }'), "'mean' takes a number"),
    "input-normalize-key": (network(RELU, inputs='"image": { "shape": [1, 3, 8, 8], "normalize": { ^"stdev": 1 } }'), "unknown key 'stdev'"),
    "input-name-empty": (network(RELU, inputs='^"": { "shape": [1] }'), "an input's name is not empty"),
    "input-requires-grad": (network(RELU, inputs='"x": { "shape": [1], "requires_grad": ^1 }'), "takes true or false"),
    # Layers.
    "layers-empty": ('{ "dlc": 1, "name": "x", "inputs": { "x": { "shape": [1] } }, "layers": ^[] }', "a network without layers"),
    "layers-as-object": ('{ "dlc": 1, "name": "x", "inputs": { "x": { "shape": [1] } }, "layers": ^{} }', "'layers' takes a list"),
    "layer-as-string": (layer('"relu"'), "a layer takes an object, not a string"),
    "layer-without-op": (layer('{ "name": "x" }'), "a layer needs 'op'"),
    "op-as-number": (network('{ "op": ^7 }'), "'op' takes a string"),
    "unknown-op": (network('{ "op": ^"rellu" }'), "unknown op 'rellu'; did you mean 'relu'?"),
    "op-of-a-module": (network('{ "op": ^"MaxPool2d" }'), "did you mean 'max_pool2d'?"),
    "op-of-a-thousand-letters": (network('{ "op": ^"%s" }' % ("x" * 1000)), "unknown op"),
    "unknown-setting": (network(conv('^"strides": 2')), "'conv2d' has no 'strides'; did you mean 'stride'?"),
    "in-channels": (network(conv('^"in_channels": 3')), "'in_channels' is never written"),
    "missing-setting": (layer('{ "name": "c", "op": "conv2d", "kernel_size": 3 }'), "'conv2d' needs 'out_channels': number of filters"),
    "missing-kernel-size": (layer('{ "op": "max_pool2d" }'), "'max_pool2d' needs 'kernel_size'"),
    "parameters-without-name": (layer('{ "op": "conv2d", "out_channels": 4, "kernel_size": 3 }'), "needs a 'name'"),
    "duplicate-name": (network('{ "name": "a", "op": "relu" }, { "name": ^"a", "op": "tanh" }'), "duplicate name 'a'"),
    "name-of-an-input": (network('{ "name": ^"image", "op": "relu" }'), "duplicate name 'image'"),
    "layer-name-empty": (network('{ "name": ^"", "op": "relu" }'), "'name' is empty"),
    "layer-name-control": (network('{ "name": ^"a\\u0000b", "op": "relu" }'), "has a control character"),
    "size-text": (network('{ "op": "max_pool2d", "kernel_size": ^"3" }'), "'kernel_size' takes a whole number or a pair"),
    "size-triple": (network('{ "op": "max_pool2d", "kernel_size": ^[3, 3, 3] }'), "not a list of 3"),
    "size-empty": (network('{ "op": "max_pool2d", "kernel_size": ^[] }'), "not a list of 0"),
    "size-zero": (network('{ "op": "max_pool2d", "kernel_size": ^0 }'), "'kernel_size' is at least 1, not 0"),
    "size-null": (network('{ "op": "max_pool2d", "kernel_size": ^null }'), "not null"),
    "size-object": (network('{ "op": "max_pool2d", "kernel_size": ^{} }'), "not an object"),
    "size-huge": (layer('{ "name": "c", "op": "conv2d", "out_channels": 4, "kernel_size": 9223372036854775807 }'), ""),
    "channels-huge": (layer('{ "name": "c", "op": "conv2d", "out_channels": 9223372036854775807, "kernel_size": 3 }'), ""),
    "padding-huge": (network("^" + conv('"padding": 9223372036854775807')), ""),
    "dilation-huge": (network("^" + conv('"dilation": 9223372036854775807')), ""),
    "same-padding-huge": (network(conv('"dilation": 9223372036854775807, "padding": ^"same"')), "out of range"),
    "padding-negative": (network(conv('"padding": ^-1')), "'padding' is at least 0, not -1"),
    "padding-triple": (network(conv('"padding": ^[1, 1, 1]')), "not a list of 3"),
    "padding-text": (network(conv('"padding": ^"full"')), '"same" or "valid", not "full"'),
    "same-padding-with-stride": (network(conv('"stride": 2, "padding": ^"same"')), 'padding "same" wants stride 1'),
    "groups-zero": (network(conv('"groups": ^0')), "'groups' is at least 1"),
    "groups-that-do-not-divide": (network("^" + conv('"groups": 2')), "input channels divisible by 2"),
    "bias-number": (network(conv('"bias": ^0')), "'bias' takes true or false, not a whole number"),
    "float-text": (network('{ "op": "leaky_relu", "negative_slope": ^"a" }'), "'negative_slope' takes a number, not a string"),
    "int-fraction": (network('{ "op": "softmax", "dim": ^1.5 }'), "'dim' takes a whole number, not a number"),
    "dim-out-of-range": (layer('{ "op": "softmax", "dim": 4 }'), "dim"),
    "dim-batch": (layer('{ "op": "softmax", "dim": 0 }'), "dim"),
    "shape-scalar": (network('{ "op": "reshape", "shape": ^3 }'), "'shape' takes a list"),
    "shape-zero": (network('{ "op": "reshape", "shape": ["batch", ^0] }'), "a positive whole number or -1"),
    "shape-misfit": (layer('{ "op": "reshape", "shape": ["batch", 5, -1] }'), ""),
    "shape-product": (layer('{ "op": "reshape", "shape": ["batch", 4294967296, 4294967296] }'), ""),
    "pad-odd": (layer('{ "op": "pad", "padding": [1] }'), ""),
    "pad-crops-all": (layer('{ "op": "pad", "padding": [-4, -4] }'), ""),
    "pad-huge": (layer('{ "op": "pad", "padding": [9223372036854775807, 9223372036854775807] }'), ""),
    "window-too-large": (layer('{ "name": "c", "op": "conv2d", "out_channels": 4, "kernel_size": 9 }'), ""),
    "pool-padding": (layer('{ "op": "max_pool2d", "kernel_size": 2, "padding": 2 }'), ""),
    "rank": (network('{ "op": "flatten" }, ^' + CONV), "rank 4"),
    "trainable-text": (network('{ "op": "relu", "trainable": ^"no" }'), "'trainable' takes true or false"),
    "repeat-of-a-layer": (network('{ "op": "relu", ^"repeat": 3 }'), "'repeat' goes with blocks"),
    # What layers read.
    "unknown-input": (network('{ "op": "relu", "input": ^"imag" }'), "unknown layer 'imag'; did you mean 'image'?"),
    "input-as-list": (network('{ "op": "relu", "input": ^["image"] }'), "the name of an input takes a string"),
    "inputs-as-string": (network('{ "op": "add", "inputs": ^"image" }'), "'inputs' takes a list"),
    "input-and-inputs": (network('{ "op": "relu", "input": "image", "inputs": ^["image"] }'), "either 'input' or 'inputs'"),
    "too-many-inputs": (network('{ "op": "relu", "inputs": ^["image", "image"] }'), "'relu' reads 1 input but got 2"),
    "too-few-inputs": (layer('{ "op": "add" }'), "'add' reads 2 inputs but got 1"),
    "no-inputs-at-all": (network('{ "op": "concat", "inputs": ^[] }'), "'concat' reads at least 1 input but got 0"),
    "reads-itself": (network('{ "name": "a", "op": "relu", "input": ^"a" }'), "layer 'a' reads itself"),
    "cycle": (network('{ "name": "a", "op": "relu", "input": ^"b" }, { "name": "b", "op": "tanh" }'), "a cycle: this layer reads 'b', which needs this layer"),
    "reads-a-later-layer": (network('{ "op": "relu", "input": ^"b" }, { "name": "b", "op": "tanh", "input": "image" }'), "layer 'b' comes later"),
    "several-inputs": (network("^" + RELU, inputs='"a": { "shape": [1, 2] }, "b": { "shape": [1, 2] }'), "the network has several inputs"),
    "shapes-that-do-not-meet": (network(CONV + ',\n ^{ "op": "add", "inputs": ["c", "image"] }'), ""),
    "dollar-outside": (network('{ "op": "relu", "input": ^"$input" }'), "'$' outside of a block"),
    # Blocks.
    "blocks-as-list": (network(RELU, more=', "blocks": ^[]'), "'blocks' takes an object"),
    "block-as-list": (network(RELU, more=', "blocks": { "b": ^[] }'), "a block takes an object"),
    "block-key": (network(RELU, more=', "blocks": { "b": { ^"layer": [] } }'), "unknown key 'layer' in a block"),
    "block-without-layers": (network(RELU, more=', "blocks": { "b": ^{} }'), "a block needs 'layers'"),
    "block-empty": (network(RELU, more=', "blocks": { "b": { "layers": ^[] } }'), "a block without layers"),
    "block-called-as-a-layer": (network(RELU, more=', "blocks": { ^"relu": { "layers": [ { "op": "relu" } ] } }'), "is called as a layer of dlc's own"),
    "parameter-twice": (network(RELU, more=', "blocks": { "b": { "parameters": ["n", ^"n"], "layers": [ { "op": "relu" } ] } }'), "duplicate parameter 'n'"),
    "parameter-name": (network(RELU, more=', "blocks": { "b": { "parameters": [^"a b"], "layers": [ { "op": "relu" } ] } }'), "is not made of letters"),
    "parameter-called-name": (network(RELU, more=', "blocks": { "b": { "parameters": [^"name"], "layers": [ { "op": "relu" } ] } }'), "cannot be called 'name'"),
    "missing-argument": (block(RELU, '^{ "op": "b" }'), "block 'b' needs 'n'"),
    "unknown-argument": (block(RELU, '{ "op": "b", "n": 1, ^"m": 2 }'), "'b' has no 'm'"),
    "block-uses-itself": (block('{ "op": ^"b", "n": 1 }', '{ "op": "b", "n": 1 }'), "block 'b' uses itself"),
    "blocks-use-each-other": (block('{ "op": "d", "n": 1 }', '{ "op": "b", "n": 1 }', more=', "d": { "parameters": ["n"], "layers": [ { "op": ^"b", "n": 1 } ] }'), "block 'b' uses itself by way of 'd'"),
    "unknown-parameter": (block('{ "op": "max_pool2d", "kernel_size": "$^m" }', '{ "op": "b", "n": 1 }'), "the block has no parameter 'm'"),
    "parameter-outside": (network('{ "op": "max_pool2d", "kernel_size": "$^n" }'), "'n' outside of a block"),
    "not-whole": (block('{ "op": "max_pool2d", "kernel_size": "$n/2^" }', '{ "op": "b", "n": 3 }'), "3 / 2 is not whole"),
    "division-by-zero": (block('{ "op": "max_pool2d", "kernel_size": "$n//0^" }', '{ "op": "b", "n": 3 }'), "division by zero"),
    "overflow": (block('{ "op": "max_pool2d", "kernel_size": "$n*n^" }', '{ "op": "b", "n": 9223372036854775807 }'), "out of range"),
    "literal-overflow": (block('{ "op": "max_pool2d", "kernel_size": "$n + ^99999999999999999999" }', '{ "op": "b", "n": 1 }'), "out of range"),
    "negative-size": (block('{ "op": "max_pool2d", "kernel_size": ^"$n - 4" }', '{ "op": "b", "n": 3 }'), "'kernel_size' is at least 1, not -1"),
    "open-parenthesis": (block('{ "op": "max_pool2d", "kernel_size": "$(n^" }', '{ "op": "b", "n": 3 }'), "expected ')'"),
    "empty-expression": (block('{ "op": "max_pool2d", "kernel_size": "$^" }', '{ "op": "b", "n": 3 }'), "expected a number or a parameter"),
    "expression-garbage": (block('{ "op": "max_pool2d", "kernel_size": "$n ^n" }', '{ "op": "b", "n": 3 }'), "unexpected 'n'"),
    "arithmetic-with-text": (block('{ "op": "max_pool2d", "kernel_size": "$^n + 1" }', '{ "op": "b", "n": "x" }'), "parameter 'n' is a string: arithmetic takes whole numbers"),
    "deep-expression": (block('{ "op": "max_pool2d", "kernel_size": "$%s" }' % ("(" * 100_000), '{ "op": "b", "n": 3 }'), "inside one another"),
    "many-minus-signs": (block('{ "op": "max_pool2d", "kernel_size": "$%s1" }' % ("-" * 100_000), '{ "op": "b", "n": 3 }'), "inside one another"),
    "argument-of-the-wrong-kind": (block('{ "op": "max_pool2d", "kernel_size": "$n" }', '{ "op": "b", "n": ^"x" }'), "'kernel_size' takes a whole number"),
    "outside-of-the-block": (block('{ "op": "relu", "input": ^"a" }', '{ "name": "a", "op": "relu" }, { "op": "b", "n": 1 }'), "unknown layer 'a'"),
    "block-without-a-name": (block("^" + CONV, '{ "op": "b", "n": 1 }'), "needs a 'name'"),
    "block-with-two-inputs": (block(RELU, '{ "op": "b", "n": 1, "inputs": ^["image", "image"] }'), "'b' reads 1 input but got 2"),
    "misfit-in-block": (block("^" + CONV, '{ "name": "x", "op": "b", "n": 1, "repeat": 9 }'), ""),
    "repeat-zero": (block(RELU, '{ "op": "b", "n": 1, "repeat": ^0 }'), "'repeat' is at least 1"),
    "repeat-huge": (block(RELU, '{ "op": "b", "n": 1, "repeat": ^9223372036854775807 }'), "'repeat' is at most 100000, not 9223372036854775807"),
    "too-many-layers": (block("^" + RELU + ", " + RELU, '{ "op": "b", "n": 1, "repeat": 100000 }'), "more than 100000 layers"),
    "start-huge": (block(RELU, '^{ "op": "b", "n": 1, "repeat": 9, "start": 9223372036854775807 }'), "'start' + 'repeat' is out of range"),
    "start-negative": (block(RELU, '{ "op": "b", "n": 1, "repeat": 9, "start": ^-1 }'), "'start' is at least 0"),
    "repeated-name": (block(RELU, '{ "name": "x.1", "op": "relu" }, { "name": "x", "op": "b", "n": 1, "repeat": 3 }, { "name": ^"x", "op": "relu" }'), "duplicate name 'x'"),
    # Outputs and training.
    "outputs-as-string": (network(RELU, more=', "outputs": ^"x"'), "'outputs' takes a list"),
    "outputs-empty": (network(RELU, more=', "outputs": ^[]'), "a network without outputs"),
    "unknown-output": (network('{ "name": "prob", "op": "relu" }', more=', "outputs": [^"prop"]'), "unknown layer 'prop'; did you mean 'prob'?"),
    "output-twice": (network('{ "name": "y", "op": "relu" }', more=', "outputs": ["y", ^"y"]'), "output 'y' is output 'y' once more"),
    "output-is-input": (network(RELU, more=', "outputs": [^"image"]'), "output 'image' is an input"),
    "training-as-list": (network(RELU, more=', "training": ^[]'), "'training' takes an object"),
    "training-without-optimizer": (network(RELU, more=', "training": ^{ "loss": { "op": "mse" } }'), "'training' needs 'optimizer'"),
    "unknown-loss": (network(RELU, more=', "training": { "loss": { "op": ^"hing" }, "optimizer": { "op": "sgd" } }'), "did you mean 'hinge'?"),
    "unknown-optimizer": (network(RELU, more=', "training": { "optimizer": { "op": ^"sdg" } }'), "there is no optimizer 'sdg'"),
    "unknown-schedule": (network(RELU, more=', "training": { "optimizer": { "op": "sgd" }, "schedule": { "op": ^"exponential" } }'), "there is no schedule"),
    "optimizer-key": (network(RELU, more=', "training": { "optimizer": { "op": "sgd", ^"momentun": 1 } }'), "did you mean 'momentum'?"),
    "optimizer-range": (network(RELU, more=', "training": { "optimizer": { "op": "sgd", "momentum": ^1.5 } }'), "is a number from 0 to 1"),
    "training-key": (network(RELU, more=', "training": { ^"optimiser": {} }'), "did you mean 'optimizer'?"),
    "loss-without-op": (network(RELU, more=', "training": { "loss": ^{}, "optimizer": { "op": "sgd" } }'), "a loss needs 'op'"),
    "loss-of-unknown-layer": (network(RELU, more=', "training": { "loss": { "op": "mse", "input": ^"y" }, "optimizer": { "op": "sgd" } }'), "unknown layer 'y'"),
    "loss-of-several-outputs": (network('{ "name": "y", "op": "relu" }, { "name": "z", "op": "relu" }', more=', "outputs": ["y", "z"], "training": { "loss": ^{ "op": "mse" }, "optimizer": { "op": "sgd" } }'), "the network has 2 outputs"),
    "target-is-a-layer": (network('{ "name": "y", "op": "relu" }', more=', "training": { "loss": { "op": "mse", "target": ^"y" }, "optimizer": { "op": "sgd" } }'), "target 'y' is called as a layer"),
    "optimizer-null": (network(RELU, more=', "training": { "loss": { "op": "mse" }, "optimizer": { "op": "sgd", "lr": ^null } }'), "not null"),
}


def place(text):
    """The text without its mark, and the line and column of what stood behind it."""
    mark = MARK.encode()
    if mark not in text:
        return text, None
    offset = text.index(mark)
    before = text[:offset]
    return before + text[offset + 1 :], (before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1)


def case(name, text, message):
    content, position = place(text if isinstance(text, bytes) else text.encode())
    return fault_cases.Case(name, content, message, position)


fault_cases.run([case(name, *fault) for name, fault in FAULTS.items()])

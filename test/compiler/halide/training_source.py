"""What the families of training_kernels.py build alike, and where they are kept."""

import numpy as np

from kernels import Kernel, Plain
from random_kernels import Source


class Training(Source):
    """What families here build alike."""

    def __init__(self, source):
        self.__dict__ = source.__dict__
        self.kernel = Kernel(batch=self.pick(1, 2, 3, 5), seed=source.kernel.seed, dtype=self.pick(np.float32, np.float32, np.float64))

    def shape(self, low=1, high=5, least=1):
        rank = self.upto(low, high)
        return [self.upto(least, 24) for _ in range(rank - 1)]

    def any_layout(self, shape):
        return self.layout() if len(shape) in (1, 3) else Plain()

    def tensor(self, shape, **given):
        return self.kernel.input(*shape, layout=self.any_layout(shape), **given)

    def with_zeros(self, x):
        """Some elements at the kinks, some NaN and infinite."""
        at = self.random.integers(0, 12, x.array.shape)
        x.array[at == 0] = 0
        x.array[at == 1] = -0.0
        if self.pick(True, False):
            for place, value in ((2, np.nan), (3, np.inf), (4, -np.inf)):
                x.array[at == place] = value
        return x

    def probability(self, shape):
        x = self.tensor(shape)
        x.array[:] = self.kernel.random.random(x.array.shape)
        return x

    def done(self, y, layout=None):
        """A result with a batch; row-major where it has none."""
        if not y.is_activation:
            self.kernel.returns(y, layout or Plain())
            return self.kernel, self.pointwise()
        return self.finish(y, layout), self.pointwise()


FAMILIES = {}


def family(build):
    FAMILIES[build.__name__] = lambda source: build(Training(source))
    return build

"""A neuron's parameters from the source: checked, and at the coarsest granularity that holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from snnrt.converters.common.source_node import SourceNode
from snnrt.errors import ModelError
from snnrt.ir.graph import Shape, broadcast

# a product of two float32 that stands for 1 is off by so much
ONE_WITHIN = 1e-6


class Parameters:
    """The arrays ``values`` of the neurons ``node``, which have ``shape``."""

    def __init__(self, node: SourceNode, shape: Shape, values: Mapping[str, object]) -> None:
        self.node, self.shape, self.values = node, shape, values

    def __contains__(self, field: str) -> bool:
        return field in self.values

    def complaint(self, field: str, expected: str, found: object) -> ModelError:
        """The one-line error about a parameter, which the caller raises."""
        return self.node.complaint(field, expected, found)

    def numbers(self, field: str, infinite: bool = False) -> np.ndarray:
        """As stored, dtype and shape kept. Raises ModelError for what is no number, NaN, or not finite."""
        array = np.asarray(self.values[field])
        if array.dtype.kind not in "fiu":
            raise self.complaint(field, "numbers", array.dtype)
        if np.isnan(array).any() or (np.isinf(array).any() and not infinite):
            raise self.complaint(field, "finite numbers", "NaN or infinity")
        return array

    def stored(self, field: str, infinite: bool = False) -> np.ndarray:
        """As stored, dtype kept, in one of the shapes (), (channels,) and the layer's."""
        return self.fitted(
            field, self.numbers(field, infinite), f"one value, one a channel or shape {self.shape}"
        )

    def fitted(self, field: str, values: np.ndarray, expected: str) -> np.ndarray:
        """``values`` in one of the shapes (), (channels,) and the layer's, the coarsest that holds them."""
        return compress(fit(values, self.shape, lambda found: self.complaint(field, expected, found)))

    def double(self, field: str) -> np.ndarray:
        """As :meth:`stored`, in float64."""
        return self.stored(field).astype(np.float64)

    def float32(self, field: str) -> np.ndarray:
        """As :meth:`stored`, in float32. Raises ModelError for what float32 can't hold."""
        return self.single(field, self.double(field))

    def positive(self, field: str) -> np.ndarray:
        """As :meth:`float32`; raises ModelError unless all values are above 0."""
        array = self.float32(field)
        if (array <= 0).any():
            raise self.complaint(field, "values above 0", array.min())
        return array

    def optional(self, field: str) -> np.ndarray | None:
        """As :meth:`float32`; None where all values are 0."""
        array = self.float32(field)
        return array if array.any() else None

    def single(self, field: str, values: np.ndarray) -> np.ndarray:
        """Computed ``values`` in float32, compressed. Raises ModelError for what float32 can't hold."""
        with np.errstate(over="ignore"):
            array = np.asarray(compress(np.asarray(values, np.float64)), np.float32)
        if not np.isfinite(array).all():
            raise self.complaint(field, "values that float32 can hold", np.asarray(values).flat[0])
        return array

    def gain(self, field: str, *factors: np.ndarray) -> np.ndarray | None:
        """The product of ``factors`` as an input gain, in float32; None where it is 1 within 1e-6.

        Raises ModelError, about ``field``, where it is not finite.
        """
        product = self.product(*factors)
        if not np.isfinite(product).all():
            raise self.complaint(field, "values that float32 can hold", "a gain that is not finite")
        if np.all(np.abs(product - 1) <= ONE_WITHIN):
            return None
        return self.single(field, product)

    def product(self, *arrays: np.ndarray) -> np.ndarray:
        """Element by element in float64, brought to the layer's shape where granularities differ."""
        arrays = tuple(np.asarray(array, np.float64) for array in arrays)
        if len({array.shape for array in arrays} - {()}) > 1:
            arrays = tuple(broadcast(array, self.shape) for array in arrays)
        result = np.ones(())
        with np.errstate(all="ignore"):
            for array in arrays:
                result = result * array
        return compress(np.asarray(result))


def fit(array: np.ndarray, shape: Shape, complaint: Callable[[object], ModelError]) -> np.ndarray:
    """Bring a parameter to shape (), (channels,) or ``shape``; raises what ``complaint`` makes."""
    if array.size == 1:
        return array.reshape(())
    if array.shape == shape:
        return array
    squeezed = tuple(size for size in array.shape if size != 1)
    if squeezed == tuple(size for size in shape if size != 1):
        return array.reshape(shape)
    if len(shape) == 3 and squeezed == (shape[0],):
        return array.reshape(-1)
    raise complaint(array.shape)


def compress(array: np.ndarray) -> np.ndarray:
    """The same values as a scalar or one a channel, where all in it are equal."""
    if array.size and (array == array.flat[0]).all():
        return array.reshape(-1)[:1].reshape(())
    if array.ndim == 3:
        first = array[:, :1, :1]
        if (array == first).all():
            return first.reshape(-1)
    return array

"""A network as a user holds it: run, score, profile, validate, save. It holds a model and hands on."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from snnrt.atomic_write import write_atomically
from snnrt.devices.base import Device, Inputs, checked_request
from snnrt.devices.models import read_model, with_exit
from snnrt.devices.registry import find_device
from snnrt.ir.exit_choice import Exit
from snnrt.network_costs import NetworkCosts
from snnrt.network_exits import NetworkExits
from snnrt.results.request import Progress
from snnrt.results.result import Result
from snnrt.silence import with_silence

if TYPE_CHECKING:
    import numpy as np

    from snnrt.comparison import Comparison
    from snnrt.devices.crossbar.device import Crossbar
    from snnrt.devices.stream import Window


class Network(NetworkExits, NetworkCosts):
    """A spiking network, checked and ready to run; it does not change, and any number of threads may run it.

    Wherever inputs ``x`` are taken: numbers of shape (N, *input_shape) for a constant input, (N, T,
    *input_shape) for spikes, in the range that the input node states; or a :class:`snnrt.data.Dataset`, the
    path of an ``.npz`` (``x``, perhaps labels ``y``) or ``.npy``, or built-in data (``"digits"``,
    ``"yin-yang"``, ``"digits:train"``). ``exit`` is a :class:`snnrt.Exit` or its text, ``"entropy:0.2"``.
    """

    @classmethod
    def from_bytes(cls, raw: bytes) -> Network:
        """Of a .snnrt file's bytes, which :meth:`to_bytes` gives back. Raises ModelError."""
        return cls(read_model(raw))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the .snnrt file, whole or not at all, or as :meth:`save_nir` a .nir. Raises OutputError."""
        if os.fspath(path).lower().endswith(".nir"):
            self.save_nir(path)
        else:
            write_atomically(path, self.to_bytes())

    def save_nir(self, path: str | os.PathLike[str]) -> list[str]:
        """Write a float32 network as a NIR file, from which :func:`snnrt.convert` makes the same to the bit.

        Gives a line for each thing that NIR itself does not say, which is in the file's metadata alone.
        Raises ModelError for a network in integers, OutputError where the file can't be written.
        """
        from snnrt.converters.nir.writer import write_nir

        return write_nir(self.graph, path)

    def run(
        self, x: Inputs, *, timesteps: int | None = None, exit: Exit | str | None = None,
        device: str | Device | Crossbar = "cpu", record: Collection[str] = (), kernels: str | None = None,
        threads: int | None = None, progress: Progress | None = None,
    ) -> Result:  # fmt: skip
        """Run each input until it is sure enough; arrays are read a part at a time, also memory-mapped ones.

        ``timesteps``: at most so many (the model's T). ``exit``: instead of the model's. ``device``: a name,
        as the command takes it (:func:`snnrt.devices.registry.device_names`): ``"cpu"``, the C core;
        ``"cpu:avx2"``, with one set of kernels; ``"reference"``; ``"crossbar"`` or ``"crossbar:FILE.toml"``
        (int8 models); ``"emulator:cortex-m4"``, the firmware in an emulated core, which gives a
        :class:`snnrt.targets.emulator.EmulatedResult`; or a :class:`snnrt.devices.crossbar.device.Crossbar`,
        or a :class:`snnrt.devices.base.Device`. ``record``: of ``"spikes"`` and ``"membranes"``, kept for
        every neuron, and ``"accumulators"``, the readout's after each timestep. ``kernels``: a set of
        :func:`snnrt.devices.cpu.kernel_sets`; ``threads``: at most so many (all cores); all give the same
        bits. ``progress(done, total)``.

        Raises DataError for inputs or arguments that do not fit, ModelError for an exit that the model cannot
        have.
        """
        chosen = find_device(device)
        request = checked_request(
            self.graph, x, chosen.capabilities, timesteps=timesteps, exit=exit, record=record,
            kernels=kernels, threads=threads, progress=progress,
        )  # fmt: skip
        with chosen.open(with_exit(self.model, exit)) as session:
            return with_silence(self.graph, session.run(request), chosen.capabilities)

    def stream(
        self, frames: Iterable[np.ndarray], *, timesteps: int | None = None, exit: Exit | str | None = None
    ) -> Iterator[Window]:
        """Windows of a stream without end: each stops where the exit says (or after ``timesteps``, None: the
        model's T) and the next begins with the next frame.

        ``frames``: arrays of ``input_shape``, one a timestep, asked for one at a time. Raises DataError for a
        model with a constant input, and for a frame that does not fit.
        """
        from snnrt.devices.stream import windows

        return windows(self.model, frames, timesteps=timesteps, exit=exit)

    def score(
        self, x: Inputs, y: np.ndarray | None = None, *, timesteps: int | None = None,
        exit: Exit | str | None = None, device: str | Device | Crossbar = "cpu",
        progress: Progress | None = None,
    ) -> float:  # fmt: skip
        """The accuracy: the fraction of inputs whose prediction is the label in ``y`` (N,), integers; None:
        the labels that come with ``x``. The rest as for :meth:`run`. Raises DataError without labels."""
        chosen = find_device(device)
        request = checked_request(
            self.graph, x, chosen.capabilities, y=y, timesteps=timesteps, exit=exit, progress=progress
        )
        labels = request.needed_labels()
        with chosen.open(with_exit(self.model, exit)) as session:
            return session.run(request).accuracy(labels)

    def validate(
        self, source: object, data: Inputs, *, example: object = None, weights: object = None,
        progress: Progress | None = None,
    ) -> Comparison:  # fmt: skip
        """Run this network in the C core, and compare it with ``source``: the file that it was converted from
        (read with the options of that conversion), a .snnrt file or a float32 network, in the reference; a
        PyTorch module, which runs itself, called as on ``example`` (None: ``data``), with ``weights``; or
        what was recorded in the framework, an ``.npz`` or arrays by name: ``outputs`` (N, T, K), ``logits``
        (N, K) or (N, T, K), ``spikes/LAYER`` (N, T, *shape): :mod:`snnrt.comparison.outputs`. ``data`` as for
        :meth:`run`. Raises ModelError for another network, DataError where outputs do not fit it."""
        from snnrt.comparison import validate

        called = {"example": example, "weights": weights}
        given = {name: value for name, value in called.items() if value is not None}
        return validate(self.model, source, data, progress, **given)

"""Networks that no fit has seen: as users have them, nearly silent, busy and recurrent ones."""

from __future__ import annotations

from collections.abc import Iterator

from counted_networks import WHOLE, Networks, Run

from snnrt.ir.graph import Numbers


class OutsideNetworks(Networks):
    """Made from other seeds than the networks of the fit."""

    def silent(self) -> Run:
        """Two convolutions of spikes of which one in 200 is there, behind a threshold that few reach."""
        source = self.input(2, 16, 16)
        lif1 = self.neuron(
            self.conv(source, 16, 3, "conv1", padding=1), "lif1", threshold=self.parameter(150, 2.5)
        )
        conv2 = self.conv(self.pool(lif1, 2), 24, 3, "conv2", padding=1)
        lif2 = self.neuron(conv2, "lif2", threshold=self.parameter(400, 8.0))
        last = self.dense(self.g.flatten(lif2, name="flatten"), 10)
        return self.graph(last, 8, "entropy"), self.values(8, 2, 16, 16, density=0.005)

    def silent_dense(self) -> Run:
        """Dense layers in which next to nothing happens."""
        source = self.input(128)
        lif1 = self.neuron(self.dense(source, 96, "dense1"), "lif1", threshold=self.parameter(300, 4.0))
        lif2 = self.neuron(self.dense(lif1, 40, "dense2"), "lif2", threshold=self.parameter(300, 4.0))
        return self.graph(self.dense(lif2, 6), 10, "confidence"), self.values(10, 128, density=0.01)

    def recurrent(self, hidden: int, density: float) -> Run:
        """Neurons that read their own spikes of the step before."""
        source = self.input(60)
        back = self.g.delayed("back", (hidden,))
        current = self.g.add(self.dense(source, hidden, "forth"), back, as_current=True, name="sum")
        spikes = self.neuron(current, "lif", threshold=self.parameter(350, 6.0))
        self.dense(spikes, hidden, "back")
        return self.graph(self.dense(spikes, 10), 6, "entropy"), self.values(6, 60, density=density)

    def recurrent_current(self) -> Run:
        """The same with synaptic currents and adapting thresholds, of 35 neurons."""
        source = self.input(35)
        back = self.g.delayed("back", (48,))
        current = self.g.add(self.dense(source, 48, "forth"), back, as_current=True, name="sum")
        mechanisms = {"adaptation": self.parameter(50, 0.5), "adaptation_decay": self.parameter(29491, 0.9)}
        spikes = self.neuron(current, "lif", synapse=self.parameter(16384, 0.5), **mechanisms)
        self.dense(spikes, 48, "back")
        return self.graph(self.dense(spikes, 20), 6), self.values(6, 35, density=0.15)

    def busy(self) -> Run:
        """Most inputs there, most neurons firing."""
        source = self.input(4, 10, 10)
        lif1 = self.neuron(self.conv(source, 20, 3, "conv1"), "lif1", threshold=self.parameter(1, 0.1))
        lif2 = self.neuron(self.conv(lif1, 12, 3, "conv2"), "lif2", threshold=self.parameter(1, 0.1))
        last = self.dense(self.g.flatten(lif2, name="flatten"), 5)
        return self.graph(last, 3), self.values(3, 4, 10, 10, density=0.8)

    def wide(self) -> Run:
        """784 pixels of 8 bits, dense layers of 128 and 10."""
        source = self.input(784, encoding="constant", peak=255, scale=1 / 255)
        lif = self.neuron(self.dense(source, 128, "dense1"), "lif1", threshold=self.parameter(60000, 3.0))
        return self.graph(self.dense(lif, 10), 5, "entropy"), self.values(784, density=0.2, peak=255) / 255

    def pooled(self) -> Run:
        """A dense layer of pooled counts behind a convolution."""
        source = self.input(2, 16, 16)
        lif1 = self.neuron(
            self.conv(source, 12, 3, "conv1", padding=1), "lif1", threshold=self.parameter(90, 1.5)
        )
        dense1 = self.dense(self.g.flatten(self.pool(lif1, 4), name="flatten"), 72, "dense1")
        lif2 = self.neuron(dense1, "lif2", threshold=self.parameter(400, 8.0))
        return self.graph(self.dense(lif2, 10), 4, "entropy"), self.values(4, 2, 16, 16, density=0.1)

    def counts(self) -> Run:
        """Counts into dense layers alone."""
        source = self.input(200, peak=3)
        lif = self.neuron(self.dense(source, 56, "dense1"), "lif", threshold=self.parameter(500, 8.0))
        return self.graph(self.dense(lif, 12), 5), self.values(5, 200, density=0.12, peak=3)

    def separable(self) -> Run:
        """A depthwise convolution and one of single pixels behind an ordinary one."""
        source = self.input(2, 12, 12)
        lif1 = self.neuron(
            self.conv(source, 24, 3, "conv1", padding=1), "lif1", threshold=self.parameter(120, 2.0)
        )
        lif2 = self.neuron(self.depthwise(lif1, 3), "lif2", threshold=self.parameter(150, 1.5))
        lif3 = self.neuron(self.conv(lif2, 32, 1, "conv2"), "lif3", threshold=self.parameter(250, 3.0))
        pooled = self.g.flatten(self.pool(lif3, 5), name="flatten")
        return self.graph(self.dense(pooled, 10), 4, "entropy"), self.values(4, 2, 12, 12, density=0.2)


def outside(numbers: Numbers) -> Iterator[tuple[str, Run]]:
    """(name, network and input) of each."""
    networks = OutsideNetworks(numbers, seed=7)
    yield "nearly silent, convolutions", networks.silent()
    yield "nearly silent, dense", networks.silent_dense()
    yield "recurrent, 64 neurons", networks.recurrent(64, 0.2)
    yield "recurrent, 100 neurons, nearly silent", networks.recurrent(100, 0.01)
    yield "recurrent, currents and adaptation", networks.recurrent_current()
    yield "busy convolutions", networks.busy()
    yield "784-128-10, pixels", networks.wide()
    yield "dense layer of pooled counts", networks.pooled()
    yield "counts, dense", networks.counts()
    yield "depthwise convolution", networks.separable()
    for described in WHOLE:
        if described.numbers == numbers:
            name = f"{described.channels[0]}-{described.channels[1]}, {described.size}×{described.size}"
            yield f"{name}, {described.encoding}", Networks(numbers, seed=1).whole(described)

"""A neuron of a traced model through its timesteps: what each membrane is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from snnrt.converters.onnx.elementwise import is_elementwise, polynomial_of
from snnrt.converters.onnx.fires import Fires, V
from snnrt.converters.onnx.polynomial import NotPolynomial, Polynomial
from snnrt.converters.onnx.tensors import Tensor


@dataclass(eq=False)
class Segment:
    """One timestep: the membrane as a polynomial of the one before (``v``), its spikes, ``currents`` that are
    carried on, and ``drives`` from outside; None where it is none."""

    earlier: Tensor
    membrane: Tensor
    drives: list[Tensor]
    currents: list[Tensor]
    inside: set[Tensor]
    polynomial: Polynomial | None
    of_currents: dict[Tensor, Polynomial] = field(default_factory=dict)


@dataclass(eq=False)
class Chain:
    """``bases``: its membrane at each timestep. ``fires``: False of a leaky integrator. ``segments`` of all
    timesteps but the first. ``internal``: tensors that are nobody else's business."""

    bases: list[Tensor]
    fires: bool
    segments: list[Segment] = field(default_factory=list)
    internal: set[Tensor] = field(default_factory=set)

    def drives_at(self, step: int) -> list[Tensor] | None:
        """What it reads from outside at ``step``, in the order of the last; None where that is not told."""
        if not self.segments:
            return None
        wanted = len(self.segments[-1].drives)
        if step == 0:
            return None
        found = self.segments[step - 1].drives
        if len(found) > wanted:
            # a current's first value is the first drive
            found = found[-wanted:]
        return found if len(found) == wanted else None


def read_chain(bases: list[Tensor], fires: bool, found: Fires, stops: set[Tensor]) -> Chain:
    """Read the timesteps of one neuron; ``stops``: tensors of other neurons, which are drives."""
    chain = Chain(bases, fires)
    cones = []
    # of a membrane all that it is made of, which grows from one timestep to the next
    above: set[Tensor] = set()
    times: dict[Tensor, int] = {}
    for earlier, base in pairwise(bases):
        _add_ancestors(earlier, above)
        inside, leaves = _cone(base, earlier, above, found, stops)
        old = [leaf for leaf in leaves if leaf in above]
        for leaf in old:
            times[leaf] = times.get(leaf, 0) + 1
        cones.append((earlier, base, inside, old))
    for number, (earlier, base, inside, old) in enumerate(cones):
        carried = [
            leaf for leaf in old
            if times[leaf] == 1 and len(cones) > 1 and leaf not in stops and not found.is_local(leaf)
            and (is_elementwise(leaf) or number == 0)
        ]  # fmt: skip
        carried.sort(key=lambda one: one.number)
        chain.segments.append(_segment(earlier, base, inside, carried, found))
    chain.internal = {one for segment in chain.segments for one in segment.inside} | (
        set(bases) if fires else set()
    )
    for segment, later in pairwise(chain.segments):
        for current in later.currents:
            made = _expanded(current, segment, found)
            if made is not None:
                later.of_currents[current] = made
    return chain


def _add_ancestors(tensor: Tensor, above: set[Tensor]) -> None:
    """Put ``tensor`` and all that it is made of into ``above``."""
    above.add(tensor)
    pending = [tensor]
    while pending:
        node = pending.pop().node
        for source in [] if node is None else node.tensors():
            if source.varies and source not in above:
                above.add(source)
                pending.append(source)


def _cone(
    base: Tensor, earlier: Tensor, above: set[Tensor], found: Fires, stops: set[Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    """What was computed elementwise between the membrane ``earlier`` and ``base``, and what that reads."""
    known = found.known
    inside: list[Tensor] = []
    leaves: list[Tensor] = []
    pending, seen = [base], {base}
    while pending:
        one = pending.pop()
        related = found.related.get(one)
        foreign = related is not None and related[0] is not earlier and one is not base and (
            found.is_local(one) or one in known
        )  # fmt: skip
        if one is not base and (
            one is earlier or one in above or one in stops or foreign or not is_elementwise(one)
        ):
            if one is not earlier:
                leaves.append(one)
            continue
        inside.append(one)
        for source in [] if one.node is None else one.node.tensors():
            if source.varies and source not in seen:
                seen.add(source)
                pending.append(source)
    return sorted(inside, key=lambda one: one.number), leaves


def _segment(
    earlier: Tensor, base: Tensor, inside: list[Tensor], carried: list[Tensor], found: Fires
) -> Segment:
    own = {earlier, *carried}
    depends: set[Tensor] = set()
    drives: list[Tensor] = []
    for one in inside:
        related = found.related.get(one)
        sources = [] if one.node is None else [source for source in one.node.tensors() if source.varies]
        of_earlier = related is not None and related[0] is earlier
        if of_earlier or any(source in own or source in depends for source in sources):
            depends.add(one)
    for one in inside:
        if one in depends:
            assert one.node is not None
            drives += [
                source for source in one.node.tensors()
                if source.varies and source not in own and source not in depends and source not in drives
            ]  # fmt: skip
    drives.sort(key=lambda one: one.number)
    segment = Segment(earlier, base, drives, carried, depends, None)
    if base in depends:
        segment.polynomial = _expanded(base, segment, found)
    return segment


def _expanded(tensor: Tensor, segment: Segment, found: Fires) -> Polynomial | None:
    """``tensor`` in what the segment starts from; None where it is no polynomial of that."""
    known: dict[Tensor, Polynomial] = {segment.earlier: Polynomial.atom(V)}
    for place, one in enumerate(segment.drives):
        known[one] = Polynomial.atom(("drive", place))
    for place, one in enumerate(segment.currents):
        known[one] = Polynomial.atom(("current", place))
    if tensor in known:
        return known[tensor]
    order = sorted(segment.inside, key=lambda one: one.number)
    try:
        for one in order:
            if one.number > tensor.number:
                break
            _expand_one(one, known, segment, found)
    except NotPolynomial:
        return None
    return known.get(tensor)


def _expand_one(one: Tensor, known: dict[Tensor, Polynomial], segment: Segment, found: Fires) -> None:
    related = found.related.get(one)
    if related is not None and one is not segment.membrane and related[0] is segment.earlier:
        known[one] = related[1]
        return
    node = one.node
    assert node is not None

    def of(source: Tensor) -> Polynomial:
        if not source.varies:
            return Polynomial.constant(source.array)
        if source not in known:
            before = found.related.get(source)
            if before is not None and before[0] is segment.earlier:
                return before[1]
            raise NotPolynomial
        return known[source]

    try:
        known[one] = polynomial_of(node, of, found.tables.jump)
    except NotPolynomial:
        # it matters only where what is asked for is made of it
        return

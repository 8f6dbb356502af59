"""An upper bound of the stack that a function of linked firmware takes, callees included.

Frames are GCC's own (``-fcallgraph-info=su``) for the core, and for library members what their disassembly
takes off the stack pointer, every such instruction counted. Calls are the compiler's and those in the
disassembly together. A call through a pointer may reach any kernel; the caller's own hooks are not counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from core_builds import BuildError, Firmware, Section, run

INDIRECT = "__indirect_call"
# functions that a network's pointers can lead to: kernels, whose names say the type of their elements
KERNEL = re.compile(r"snnrt_(scan|accumulate|add_bits|neuron|conv2d)_(\w+_)?[fi]\d+(_\w+)?")

_NODE = re.compile(
    r'^node: \{ title: "(?:[^":]*:)?([^"]+)" label: "[^"]*?(\d+) bytes \((\w+(?:,\w+)?)\)', re.MULTILINE
)
_EDGE = re.compile(
    r'^edge: \{ sourcename: "(?:[^":]*:)?([^"]+)" targetname: "(?:[^":]*:)?([^"]+)"', re.MULTILINE
)
_LINE = re.compile(r"^[ \t]*([0-9a-f]+):\t(\S+)(?:[ \t]+(.*))?$", re.MULTILINE)
_BY_REGISTER = re.compile(r"(add|sub)(\.w)? sp,\s*(sp,\s*)?[a-z]\w*$")
_TARGET = re.compile(r"\b([0-9a-f]+) <")


@dataclass
class LinkedFunction:
    """A linked piece of code: the stack it takes itself, and what it calls. ``by_register``: it moves the
    stack pointer by a register, so that only the compiler knows how much it takes."""

    frame: int = 0
    by_register: bool = False
    calls: set[str] = field(default_factory=set)


def stack_bounds(firmware: Firmware, functions: tuple[str, ...]) -> dict[str, int]:
    """Bytes of stack that each of ``functions`` takes at most, without what the processor pushes for
    interrupts.

    Raises BuildError for recursion, for a frame whose size is not fixed, and where a function is missing."""
    graph = linked_functions(firmware)
    kernels = {name for name in graph if KERNEL.fullmatch(name)}
    for name, size, kind in _NODE.findall(firmware.call_graph):
        if kind != "static":
            raise BuildError(f"{name}: expected a stack frame of fixed size, found {kind}")
        if name in graph:
            graph[name].frame = max(graph[name].frame, int(size))
            graph[name].by_register = False
    for source, target in _EDGE.findall(firmware.call_graph):
        if source not in graph:
            continue
        if target == INDIRECT:
            # kernels call the compiler's library, which the compiler lists as calls through a pointer
            graph[source].calls |= set() if source in kernels else kernels
        elif target in graph:
            graph[source].calls.add(target)
    depths: dict[str, int] = {}
    return {name: _depth(name, graph, depths, ()) for name in functions}


def _depth(name: str, graph: dict[str, LinkedFunction], known: dict[str, int], path: tuple[str, ...]) -> int:
    if name in path:
        raise BuildError(f"{' → '.join((*path, name))}: expected no recursion")
    if name not in graph:
        raise BuildError(f"{name}: expected it in the linked program, found none")
    if graph[name].by_register:
        raise BuildError(
            f"{name}: expected a stack frame that its disassembly shows, found one in a register"
        )
    if name not in known:
        below = [_depth(callee, graph, known, (*path, name)) for callee in sorted(graph[name].calls)]
        known[name] = graph[name].frame + max(below, default=0)
    return known[name]


def linked_functions(firmware: Firmware) -> dict[str, LinkedFunction]:
    """Every section of code that was linked, with the frames and calls that its disassembly shows."""
    code = [section for section in firmware.sections if section.name != "rodata"]
    owner = {section.address: _name(section) for section in code}
    ends = sorted((section.address, section.address + section.size, _name(section)) for section in code)
    graph: dict[str, LinkedFunction] = defaultdict(LinkedFunction)
    for name in owner.values():
        graph[name].frame = 0
    listing = run(firmware.core.prefix + "objdump", "-d", "--no-show-raw-insn", firmware.elf)
    place = 0
    for address_text, operation, operands in _LINE.findall(listing):
        address = int(address_text, 16)
        while place + 1 < len(ends) and address >= ends[place][1]:
            place += 1
        first, end, name = ends[place]
        if not first <= address < end:
            continue
        graph[name].frame += stack_taken(operation, operands)
        graph[name].by_register |= bool(_BY_REGISTER.match(f"{operation} {operands}"))
        target = _TARGET.search(operands)
        if target and _is_jump(operation):
            there = int(target[1], 16)
            callee = next((other for start, stop, other in ends if start <= there < stop), name)
            if callee != name:
                graph[name].calls.add(callee)
    return dict(graph)


def _name(section: Section) -> str:
    """The function, or a library's member as one."""
    return section.member or (section.name if section.file != "string.o" else f"string.o:{section.name}")


def _is_jump(operation: str) -> bool:
    # as branches that lie ahead, which GCC makes none of, objdump shows loops over vectors
    return operation.startswith(("b", "j", "cb")) and not operation.startswith("bf")


def stack_taken(operation: str, operands: str) -> int:
    """Bytes that an instruction takes off the stack pointer."""
    operation = operation.split(".")[0]
    if operation in ("push", "vpush") or (operation in ("stmdb", "stmfd") and operands.startswith("sp!")):
        return _register_bytes(operands)
    if operation in ("sub", "subw") and (found := re.match(r"sp, (?:sp, )?#(\d+)", operands)):
        return int(found[1])
    if operation in ("str", "strd") and (found := re.search(r"\[sp, #-(\d+)\]!", operands)):
        return int(found[1])
    if operation in ("addi", "add", "c") and (found := re.match(r"sp,sp,-(\d+)", operands)):
        return int(found[1])
    return 0


def _register_bytes(operands: str) -> int:
    """Of a list of registers, in which r4-r7 is four."""
    count = 0
    listed = re.search(r"\{(.*)\}", operands)
    for item in listed[1].split(",") if listed else ():
        ends = [int(re.sub(r"\D", "", name) or 0) for name in item.split("-")]
        width = 8 if item.strip().startswith("d") else 4
        count += width * (ends[-1] - ends[0] + 1 if len(ends) == 2 else 1)
    return count

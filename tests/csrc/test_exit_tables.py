"""The exit rule's tables: docs/ir.md says what they are."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from itertools import pairwise

from c_programs import CSRC, PROGRAMS, command, need_compiler


def test_every_entry(tmp_path):
    need_compiler("gcc")
    program = tmp_path / "exit_tables"
    command(["gcc", "-std=c99", "-O1", "-I", CSRC, PROGRAMS / "exit_tables.c", "-o", program])
    with localcontext() as context:
        context.prec = 40
        context.rounding = ROUND_HALF_EVEN
        two = Decimal(2)
        powers = [round(two**26 * two ** (Decimal(-i) / 32)) for i in range(33)]
        wanted = [f"{one} {after}" for one, after in pairwise(powers)]
        wanted += [str(round(two**16 * (1 + Decimal(i) / 64).ln())) for i in range(65)]
    assert command([program]).splitlines() == wanted

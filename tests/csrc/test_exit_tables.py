"""The exit rule's tables, which the core puts together from smaller ones: docs/ir.md says what they are."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from c_programs import CSRC, PROGRAMS, command, need_compiler


def test_every_entry(tmp_path):
    need_compiler("gcc")
    program = tmp_path / "exit_tables"
    command(["gcc", "-std=c99", "-O1", "-I", CSRC, PROGRAMS / "exit_tables.c", "-o", program])
    with localcontext() as context:
        context.prec = 40
        context.rounding = ROUND_HALF_EVEN
        two = Decimal(2)
        wanted = [
            f"{round(two**30 * two ** (Decimal(-i) / 64))} {round(two**24 * (1 + Decimal(i) / 64).ln())}"
            for i in range(65)
        ]
    assert command([program]).splitlines() == wanted

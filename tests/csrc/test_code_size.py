"""The code that firmware gets: small enough, and the page of sizes is the one that the script writes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from c_programs import need_compiler

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from code_size import CONFIGURATIONS, CORTEX_M4, LIMIT, PROCESSORS, SMALLEST, TABLE, measure, read_map

MAP = """
Discarded input sections

 .text.gone     0x00000000       0x99 build/model.o

Linker script and memory map

 .text.firmware
                0x00008000       0x20 build/program.o
 .text.snnrt_init
                0x00008020       0x5c build/network.o
 .rodata.magic  0x0000807c        0x8 build/model.o
 .text          0x00008084        0x0 build/model.o
 .text          0x00008084       0x10 /lib/libgcc.a(_udivdi3.o)
 .text.memset   0x00008094       0xa4 /lib/libc.a(lib_a-memset.o)
 .data.x        0x00009094       0x04 build/model.o
"""


def test_the_map_is_read_by_file():
    size = read_map(MAP)
    assert size.files == {"network": 0x5C, "model": 8}
    assert size.compiler == {"_udivdi3.o": 0x10} and size.library == {"lib_a-memset.o": 0xA4}
    assert (size.core, size.total) == (0x64, 0x64 + 0x10 + 0xA4)


def test_dense_lif_and_entropy_exit_fit_8_kb_of_a_cortex_m4():
    need_compiler("arm-none-eabi-gcc")
    size = measure(CORTEX_M4, SMALLEST)
    assert size.core > 2000 and size.total <= LIMIT, size


# another compiler than the Cortex-M's is a bonus: what is not there is not tested
@pytest.mark.parametrize(
    "processor",
    [one for one in PROCESSORS if one.installed or one.prefix == CORTEX_M4.prefix],
    ids=lambda processor: processor.name,
)
def test_every_build_links(processor):
    need_compiler(processor.prefix + "gcc")
    totals = [measure(processor, configuration, ("-Werror",)).total for configuration in CONFIGURATIONS]
    assert totals[0] == min(totals) and totals[-1] == max(totals)


def test_the_page_of_sizes_is_there():
    """Its figures change with the compiler; its rows do not."""
    text = TABLE.read_text()
    for configuration in CONFIGURATIONS:
        assert f"| {configuration.name} |" in text
    assert "## Cortex-M4" in text and "## Cortex-M0+" in text

"""What a user of Kconfig (Zephyr, ESP-IDF) can choose: the optimisation of the core, parts of it, scratch."""

from __future__ import annotations

import re
from collections.abc import Mapping

from snnrt.targets.export.c_text import rendered
from snnrt.targets.export.model_sources import Model, scratch_bytes

_PARTS = {
    "HEALTH": ("a record of timesteps and scores for snnrt health", ""),
    "MONITOR": ("the drift monitor of the model", ""),
    "ADAPTATION": ("a threshold that follows the inputs", ""),
    "STRINGS": ("the words of snnrt_status_text", ""),
    "COUNTERS": ("event counts of each node", ""),
    "TRACE": ("a call after each node", ""),
    "MODEL_CHECK": (
        "the whole check of the model",
        "Without it only the header and the checksum are looked at.",
    ),
}


def parts_of(options: Mapping[str, int], stored: bool) -> tuple[str, ...]:
    """Parts that are in the sources and may be left out of a build; a ``stored`` model has to be checked."""
    return tuple(
        part for part in _PARTS if options[f"SNNRT_WITH_{part}"] and not (stored and part == "MODEL_CHECK")
    )


def kconfig(models: tuple[Model, ...], options: Mapping[str, int], stored: bool, template: str) -> str:
    """The Kconfig file: ``template`` is its head."""
    model = models[0]
    values = {"NAME": model.name, "PREFIX": model.prefix}
    floats = "\timply FPU_SHARING if FPU\n" if any(not each.is_int8 for each in models) else ""
    parts = "".join(
        rendered("Kconfig_part.in", **values, PART=part, WHAT=_PARTS[part][0], HELP=_help(_PARTS[part][1]))
        for part in parts_of(options, stored)
    )
    bytes_ = scratch_bytes(model.graph)
    scratch = rendered("Kconfig_scratch.in", **values, BYTES=bytes_) if bytes_ else ""
    return rendered(
        template, **values, FPU=floats, CHOICES=rendered("Kconfig_choices.in", **values) + parts + scratch
    )


def with_kconfig(config: str, model: Model, parts: tuple[str, ...]) -> str:
    """The header ``config`` with the switches of ``parts`` as Kconfig has set them, where there is one."""
    for part in parts:
        switch = f"SNNRT_WITH_{part}"
        text = f"#ifndef {switch}\n#define {switch} 1\n#endif\n"
        assert text in config, f"{switch} has no default of 1"
        chosen = rendered("kconfig_switch.h.in", SWITCH=switch, CHOICE=f"CONFIG_SNNRT_{model.prefix}_{part}")
        config = config.replace(text, chosen)
    return config if not parts else re.sub(
        r"(#define SNNRT(?:_CONFIG)?_H\n)",
        '\\1\n#if defined(ESP_PLATFORM)\n#include "sdkconfig.h"\n#endif\n', config, count=1,
    )  # fmt: skip


def _help(text: str) -> str:
    return f"\thelp\n\t  {text}\n" if text else ""

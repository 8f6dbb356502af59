"""``python -m snnrt`` is the command ``snnrt``."""

from __future__ import annotations

import sys

from snnrt.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""Images from files, through Pillow, which the extra ``data`` installs."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from snnrt.errors import DataError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm", ".webp")
_MOST_PIXELS = 1 << 26


def read_image(path: Path, name: str) -> np.ndarray:
    """uint8 (H, W) of a grey image, (H, W, 3) of any other. Raises DataError, also without Pillow."""
    try:
        from PIL import Image
    except ImportError:
        raise DataError(
            f"{name}: images need Pillow, which is not installed: pip install 'snnrt[data]'"
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise DataError(
                        f"{name}: expected at most {_MOST_PIXELS} pixels, found {image.width}×{image.height}"
                    )
                if image.mode in ("I", "F") or image.mode.startswith("I;16"):
                    raise DataError(
                        f"{name}: expected 8 bits a channel, found the mode {image.mode}; save it with 8 bits"
                    )
                return np.asarray(
                    image if image.mode == "L" else image.convert("L" if image.mode == "1" else "RGB")
                )
        except DataError:
            raise
        except Exception as error:  # Pillow's readers raise whatever a damaged file leads them to
            reason = " ".join(str(error).split())[:120] or type(error).__name__
            raise DataError(f"{name}: cannot be read as an image: {reason}") from None

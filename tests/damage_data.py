"""Damaged input files by the thousand: each gives data or an error of a line, in bounded time and memory.

    python tests/damage_data.py --files 10000

Recordings of events and sound, images, IDX and CSV files are written, then bytes are changed, cut, repeated,
inserted. Prints how many files were read and refused, the longest time, and the most memory of the process.
"""

from __future__ import annotations

import argparse
import gzip
import io
import resource
import struct
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from snnrt.data.events import read_events
from snnrt.data.load import load_dataset, load_for_model
from snnrt.errors import DataError
from snnrt.ir.graph import Edge, Exit, Graph, Input, Readout

LIMIT_S = 5.0
LIMIT_BYTES = 1 << 30
RECORDINGS = (".bin", ".raw", ".es", ".aedat4")
SOUND = (".wav",)


def _lz4_frame(data: bytes) -> bytes:
    """One block that is not packed."""
    head = b"\x04\x22\x4d\x18\x60\x40\x00"
    return head + struct.pack("<I", len(data) | 1 << 31) + data + bytes(4)


def _aedat4() -> bytes:
    """A header with one stream, and a packet of four events."""
    info = b'<node name="0"><attr key="typeIdentifier" type="string">EVTS</attr></node>'
    table = struct.pack("<HHHHH", 10, 20, 16, 8, 4) + b"\0\0"
    body = b"IOHE" + table
    place = 4 + len(body)
    root = place + (-place % 8)
    text_at = root + 20
    values = struct.pack("<iIqi", root - 8, text_at - root - 4, -1, 1)
    header = struct.pack("<I", root) + body + bytes(root - place) + values
    header += struct.pack("<I", len(info)) + info + b"\0"
    events = b"".join(struct.pack("<qhhB3x", 100 * k, k, k, k & 1) for k in range(4))
    packet = struct.pack("<I", 16) + b"EVTS" + struct.pack("<HHHxx", 6, 8, 4)
    packet += struct.pack("<iI", 8, 4) + struct.pack("<I", 4) + events
    packed = _lz4_frame(struct.pack("<I", len(packet)) + packet)
    start = b"#!AER-DAT4.0\r\n" + struct.pack("<I", len(header)) + header
    return start + struct.pack("<ii", 0, len(packed)) + packed


def _wav(kind: int, bits: int, channels: int, extensible: bool = False) -> bytes:
    """Noise, a chunk of no interest before it."""
    frame = channels * bits // 8
    data = np.random.default_rng(bits).integers(0, 256, 300 * frame, np.uint8).tobytes()
    if kind == 3:
        data = np.random.default_rng(0).random(300 * channels).astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 0xFFFE if extensible else kind, channels, 8000, 8000 * frame, frame, bits)
    if extensible:
        form += struct.pack("<HHIH", 22, bits, 0, kind) + bytes(14)
    chunks = ((b"LIST", b"abc\0"), (b"fmt ", form), (b"data", data))
    body = b"".join(name + struct.pack("<I", len(part)) + part for name, part in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def originals() -> dict[str, bytes]:
    """Valid files by name."""
    rng = np.random.default_rng(0)
    head = b"% evt %s\n%% geometry 34x34\n%% end\n"
    evt2 = (rng.choice([0, 1, 8], 300) << 28) | (rng.integers(0, 34, 300) << 11) | rng.integers(0, 34, 300)
    evt3 = (rng.choice([0, 2, 3, 4, 5, 6, 8], 300) << 12) | rng.integers(0, 30, 300)
    dvs = b"".join(struct.pack("<BHH", k % 250, k % 34, k % 33) for k in range(200))
    colour = b"".join(struct.pack("<BHHBBB", k % 254, k % 34, k % 33, k, 2, 3) for k in range(100))
    images = rng.integers(0, 256, (3, 4, 5), np.uint8)
    idx = bytes([0, 0, 8, 3]) + struct.pack(">3I", *images.shape) + images.tobytes()
    files = {
        "a.bin": rng.integers(0, 34, (200, 5), np.uint8).tobytes(),
        "evt2.raw": head.replace(b"%s", b"2.0").replace(b"%%", b"%") + evt2.astype("<u4").tobytes(),
        "evt3.raw": head.replace(b"%s", b"3.0").replace(b"%%", b"%") + evt3.astype("<u2").tobytes(),
        "a.es": b"Event Stream\x02\x00\x00\x01" + struct.pack("<HH", 34, 34) + dvs,
        "atis.es": b"Event Stream\x02\x00\x00\x02" + struct.pack("<HH", 34, 34) + dvs,
        "colour.es": b"Event Stream\x02\x00\x00\x04" + struct.pack("<HH", 34, 34) + colour,
        "generic.es": b"Event Stream\x02\x00\x00\x00" + bytes([3, 4, 97, 98, 255, 0, 0, 9, 3, 0, 7]) * 20,
        "a.aedat4": _aedat4(),
        "8.wav": _wav(1, 8, 1),
        "16.wav": _wav(1, 16, 2),
        "24.wav": _wav(1, 24, 1, extensible=True),
        "32.wav": _wav(1, 32, 1),
        "float.wav": _wav(3, 32, 3),
        "a.idx": idx,
        "a.idx.gz": gzip.compress(idx),
        "a.csv": b"label,a,b,c\n" + b"".join(b"%d,%d,0.5,-1e3\n" % (k, k * k) for k in range(40)),
    }
    try:
        from PIL import Image
    except ImportError:
        return files
    for suffix in ("png", "bmp", "jpg"):
        file = io.BytesIO()
        Image.fromarray(np.repeat(images[0][..., None], 3, -1)).save(
            file, "jpeg" if suffix == "jpg" else suffix
        )
        files[f"a.{suffix}"] = file.getvalue()
    return files


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """With one to four changes: bytes set, cut, repeated or inserted."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        place = int(rng.integers(0, len(out) + 1))
        kind = int(rng.integers(0, 5))
        if kind == 0 and out:
            out[min(place, len(out) - 1)] = int(rng.choice([0, 1, 127, 128, 255, int(rng.integers(0, 256))]))
        elif kind == 1:
            # sizes mostly stand in front
            place = int(rng.integers(0, min(len(out), 64) + 1))
            out[place : place + 4] = rng.integers(0, 256, 4, np.uint8).tobytes()
        elif kind == 2:
            del out[place:]
        elif kind == 3:
            out[place:place] = out[place : place + int(rng.integers(0, 200))]
        else:
            out[place:place] = rng.integers(0, 256, int(rng.integers(1, 20)), np.uint8).tobytes()
    return bytes(out)


def graph(shape: tuple[int, ...], **preprocessing: object) -> Graph:
    """What reading needs of a model."""
    source = Input("input", (), shape, encoding="spikes", low=0.0, high=1.0)
    readout = Readout("readout", (Edge("input"),), (10,))
    metadata = {"preprocessing": preprocessing} if preprocessing else {}
    return Graph((source, readout, Exit("exit", (Edge("readout"),), (10,))), 4, metadata=metadata)


def try_files(files: int, folder: Path, seed: int = 0) -> dict[str, list[float]]:
    """Seconds of each read, by ``read`` and ``refused``. Raises what is no error of ours, naming the file."""
    rng, valid = np.random.default_rng(seed), originals()
    spikes = graph((2, 34, 34))
    frames = graph((16,), sample_rate=8000, interval=10000)
    for name, data in valid.items():
        (folder / name).write_bytes(data)
        if Path(name).suffix in RECORDINGS:
            assert len(read_events(folder / name)), name
        else:
            load_dataset(folder / name)
    seconds: dict[str, list[float]] = {"read": [], "refused": []}
    names = list(valid)
    for number in range(files):
        name = names[number % len(names)]
        path = folder / name
        path.write_bytes(damaged(valid[name], rng))
        begun = time.perf_counter()
        outcome = "read"
        try:
            if path.suffix in RECORDINGS:
                read_events(path)
                load_for_model(path, spikes)
            elif path.suffix in SOUND:
                load_for_model(path, frames)
            else:
                load_dataset(path)
        except DataError as error:
            outcome = "refused"
            assert "\n" not in str(error), (name, str(error))
        except Exception:
            print(f"number {number}, seed {seed}: {name}", file=sys.stderr)
            raise
        seconds[outcome].append(time.perf_counter() - begun)
    return seconds


def main() -> None:
    """Try so many files, print figures, and fail where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        seconds = try_files(args.files, Path(folder), args.seed)
    longest = max(max(times, default=0.0) for times in seconds.values())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{len(seconds['read'])} read, {len(seconds['refused'])} refused; "
          f"longest {longest:.2f} s, most memory {most / 2**20:.0f} MiB")  # fmt: skip
    if longest > LIMIT_S or most > LIMIT_BYTES:
        sys.exit(f"expected at most {LIMIT_S} s and {LIMIT_BYTES >> 20} MiB")


if __name__ == "__main__":
    main()

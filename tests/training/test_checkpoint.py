import io

import pytest
import torch

from snnrt.errors import ModelError, ModelFileError, SnnrtError
from snnrt.training import Settings
from snnrt.training.checkpoint import read_checkpoint, write_checkpoint

CONTENT = {
    "settings": Settings(3).as_plain(), "epoch": 1, "network": {"w": torch.ones(2)}, "optimiser": {},
    "schedule": {}, "average": None, "generator": torch.zeros(1), "torch": torch.zeros(1), "history": [],
}  # fmt: skip


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "run.pt"
    write_checkpoint(path, CONTENT)
    found = read_checkpoint(path, Settings(3).as_plain())
    assert found["epoch"] == 1 and torch.equal(found["network"]["w"], torch.ones(2))
    # where it runs may be another
    read_checkpoint(path, Settings(3, device="cuda", bfloat16=True).as_plain())


def test_other_settings_are_named(tmp_path):
    path = tmp_path / "run.pt"
    write_checkpoint(path, CONTENT)
    with pytest.raises(ModelError, match=r"made with epochs 3, found 4: go on with the same settings"):
        read_checkpoint(path, Settings(4).as_plain())


def test_damaged_files(tmp_path):
    path = tmp_path / "run.pt"
    write_checkpoint(path, CONTENT)
    whole = path.read_bytes()
    stream = io.BytesIO()
    torch.save(["something else"], stream)
    for content in (b"", b"no checkpoint", whole[: len(whole) // 2], stream.getvalue()):
        path.write_bytes(content)
        with pytest.raises(SnnrtError, match="no checkpoint"):
            read_checkpoint(path, Settings(3).as_plain())
    with pytest.raises(ModelFileError, match="can't be read"):
        read_checkpoint(tmp_path / "missing.pt", Settings(3).as_plain())

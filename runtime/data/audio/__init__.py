"""Sound: files of it, and the frames that networks read."""

from snnrt.data.audio.log_mel import LogMel
from snnrt.data.audio.wav import Sound, read_wav

__all__ = ["LogMel", "Sound", "read_wav"]

"""The messages that a newcomer meets first, each with the command or call that leads to it.

Who reads only the message must know what to type next: ``needs`` is that part of it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import snnrt
from snnrt.errors import SnnrtError

SHIPPED = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"

# {model}: an int8 model of 8×8 digits; {source}: its NIR file; {folder}: files made below
COMMANDS = [
    ("covert {source} -o {folder}/a.snnrt", 2, ("invalid choice: 'covert'", "did you mean convert?")),
    (
        "convert {source}",
        2,
        ("required: -o/--output", "as in: snnrt convert digits_conv.nir -o digits"),
    ),
    ("convert missing.nir -o {folder}/a.snnrt", 1, ("missing.nir: no such file", "a NIR file (.nir)")),
    ("convert {model} -o {folder}/a.snnrt", 1, ("it is converted already: 'snnrt run'",)),
    (
        "convert {folder}/net.pt -o {folder}/a.snnrt",
        1,
        ("net.pt", "snnrt convert net.py:make --weights model.pt"),
    ),
    (
        "convert {folder}/net.onnx -o {folder}/a.snnrt",
        1,
        ("net.onnx", "export the network again with torch.onnx.export"),
    ),
    ("convert {source} -o {folder}/none/a.snnrt", 1, ("folder", "does not exist; create it first")),
    ("convert {source} -o {source}", 1, ("it is what the command reads; choose another name",)),
    ("convert {source} -o {folder}/a.snnrt --framework pytorch", 2, ("'pytorch' (choose from 'snntorch'",)),
    ("convert {source} -o {folder}/a.snnrt --source snntorch", 2, ("did you mean --framework snntorch?",)),
    ("convert {source} -o {folder}/a.snnrt --numbers int4", 2, ("(choose from 'float32', 'int8', 'loihi')",)),
    ("convert {source} -o {folder}/a.snnrt --calibrate digits", 2, ("int8: add --numbers int8",)),
    (
        "convert {source} -o {folder}/a.snnrt --numbers int8 --calibrate {folder}/bytes.npz",
        1,
        ("calibrate: ", "values in 0 … 1, found 0 … 255", "divide by 255 (x / 255)"),
    ),
    (
        "convert {source} -o {folder}/a.snnrt --class-names cat,dog",
        1,
        ("expected 10 names, found 2; give one",),
    ),
    ("convert {source} -o {folder}/a.snnrt --timesteps 0", 2, ("a whole number from 1 to 65535, found '0'",)),
    ("check missing.nir", 1, ("missing.nir: no such file", "a NIR file (.nir)")),
    ("check {model}", 1, ("it is converted already: 'snnrt run'",)),
    ("run {model}", 2, ("required: DATA", "as in: snnrt run digits.snnrt digits")),
    (
        "run digits {model}",
        1,
        ("is a model: the model comes first, then the data", "found digits first"),
    ),
    ("run digits {source}", 1, ("is a network, which snnrt convert makes a model of", "found digits first")),
    ("profile digits {model} --target loihi", 1, ("the model comes first, then the data",)),
    ("calibrate digits {model} -o c.snnrt", 1, ("the model comes first, then the data",)),
    ("run {source} digits", 1, ("a NIR file must be converted first", "digits_conv.snnrt'")),
    ("run net.onnx digits", 1, ("net.onnx: no such file",)),
    ("run {model} mnist", 1, ("no built-in data of that name (digits, yin-yang)", "numpy.savez(")),
    ("run {model} digit", 1, ("did you mean digits?",)),
    ("run {model} digits:val", 1, ("expected the split train, validation, test, found 'val'",)),
    ("run {model} {folder}/bytes.npz", 1, ("found 0 … 255", "divide by 255 (x / 255)")),
    ("run {model} {folder}/flat.npz", 1, ("shape (N, 1, 8, 8), found (3, 64)", "x.reshape(3, 1, 8, 8)")),
    ("run {model} {folder}/one.npy", 1, ("a single input: use x[None]",)),
    ("run {model} {folder}/nan.npz", 1, ("x[1, 0, 0, 0]: expected finite numbers, found nan", "nan_to_num")),
    ("run {model} {folder}/one_hot.npz", 1, ("one-hot labels: use y.argmax(1)",)),
    ("run {model} {folder}/from_one.npz", 1, ("expected a class 0 … 9, found 10", "use y - 1")),
    ("run {model} {folder}/images.npz", 1, ("expected an array x (inputs)", "found 'images'")),
    ("run {model} digits --exit entropy", 2, ("a threshold from 0 to 1 behind the rule, as entropy:0.2",)),
    (
        "run {model} digits --exit 0.2",
        2,
        ("entropy:THRESHOLD, confidence:THRESHOLD", "as entropy:0.2"),
    ),
    ("run {model} digits --exit entropy:2", 2, ("a threshold from 0 to 1, found '2'",)),
    ("run {model} digits --threshold 0.2", 2, ("--threshold 0.2; did you mean --exit entropy:0.2?",)),
    ("run {model} digits --steps 2", 2, ("did you mean --timesteps?",)),
    ("run {model} digits --device gpu", 1, ("device: expected one of cpu, ", "found 'gpu'")),
    ("run {model} digits --device portable", 1, ("did you mean cpu:portable?",)),
    ("run {model} digits --crossbar adc_bits=6", 2, ("add --device crossbar",)),
    ("profile {model} digits", 2, ("required: --target; as in: snnrt profile digits.snnrt digits --target",)),
    ("profile --target dt-snn {model} digits", 2, ("--target takes every word behind it: put it last",)),
    ("profile {model} digits --target dtsnn", 1, ("'dtsnn' is unknown; did you mean dt-snn?",)),
    ("profile {model} digits --target dt-snn,loihi2", 1, ("'loihi2' is unknown; did you mean loihi?",)),
    ("profile {model} digits --target my.toml", 1, ("'my.toml': no such file; give a shipped name",)),
    (
        "profile {model} digits --target dt-snn,{folder}/dt-snn.toml",
        1,
        ("target 'dt-snn' is there in dt-snn.toml and", "change the name in its file"),
    ),
    ("validate {model}", 2, ("required: --against, --data; as in: snnrt validate",)),
    (
        "validate {model} --against {folder}/flat.npz --data digits --limit 3",
        1,
        ("expected outputs or logits, or spikes of layers (", "found none"),
    ),
    (
        "validate {model} --against {folder}/images.npz --data digits --limit 3",
        1,
        ("'images': the model has no layer of neurons of that name; it has ", "name the arrays spikes/LAYER"),
    ),
    (
        "validate {model} --against {folder}/flat.npz --data digits --framework norse",
        2,
        ("--framework says how a source is read, and OUTPUTS were recorded: leave it out",),
    ),
    ("export {model}", 2, ("required: -o/--output; as in: snnrt export digits.snnrt -o firmware",)),
    ("export {model} -o {folder}", 1, ("the folder is not empty; choose another, or add --force",)),
    ("export {model} -o {folder}/fw --framework cmake", 2, ("did you mean --project?",)),
    ("inspect {folder}/net.pt", 1, ("not a snnrt model (wrong magic number); 'snnrt convert",)),
    ("inspect {model} --core m4", 1, ("core 'm4' is unknown; expected one of cortex-m0,",)),
    ("health", 2, ("expected either DUMP, the record of a device, or --record DATA",)),
]

CALLS = [
    (lambda net, x: net.run(x[0, 0]), "a single input: use x[None]"),
    (lambda net, x: net.run((x * 255).astype(np.uint8)), "divide by 255 (x / 255)"),
    (lambda net, x: net.run(x * 16), "divide by 16 (x / 16)"),
    (lambda net, x: net.run(x.reshape(len(x), -1)), "x.reshape(3, 1, 8, 8)"),
    (lambda net, x: net.run([[0.0], [0.0, 1.0]]), "expected an array of numbers"),
    (lambda net, x: net.run("mnist"), "no built-in data of that name (digits, yin-yang)"),
    (lambda net, x: net.run(x, exit=0.2), "an Exit such as snnrt.Exit.entropy(0.2)"),
    (lambda net, x: net.run(x, exit="entropy"), "as entropy:0.2"),
    (lambda net, x: net.run(x, device="gpu"), "device: expected one of cpu, "),
    (lambda net, x: net.run(x, record="spikes"), "expected a collection such as ('spikes',)"),
    (lambda net, x: net.score(x), "give y, or data with labels"),
    (lambda net, x: net.score(x, ["one", "two", "three"]), "number the classes from 0"),
    (lambda net, x: net.run(x).accuracy([0.0, 1.0, 2.0]), "use y.astype(int)"),
    (lambda net, x: snnrt.load("missing.snnrt"), "'snnrt convert SOURCE -o MODEL' makes one"),
    (lambda net, x: snnrt.load(SHIPPED), "a NIR file must be converted first"),
    (lambda net, x: snnrt.convert(net), "source: expected the path of a NIR file (.nir)"),
    (lambda net, x: snnrt.check(net), "source: expected the path of a NIR file (.nir)"),
    (
        lambda net, x: net.validate({"spikes": x}, x),
        "'spikes': the model has no layer of neurons of that name",
    ),
    (lambda net, x: snnrt.convert(SHIPPED, calibrate="digits"), "add numbers int8, or leave calibrate out"),
    (lambda net, x: snnrt.convert(SHIPPED, framework="torch"), "framework: expected one of snntorch, "),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Files as newcomers have them."""
    folder = tmp_path_factory.mktemp("newcomer")
    x = np.zeros((3, 1, 8, 8), np.float32)
    bad = x.copy()
    bad[1, 0, 0, 0] = np.nan
    bright = np.zeros((3, 8, 8), np.uint8)
    bright[0, 0, 0] = 255
    np.savez(folder / "bytes.npz", x=bright)
    np.savez(folder / "flat.npz", x=x.reshape(3, 64))
    np.save(folder / "one.npy", x[0, 0])
    np.savez(folder / "nan.npz", x=bad)
    np.savez(folder / "one_hot.npz", x=x, y=np.eye(10, dtype=int)[:3])
    np.savez(folder / "from_one.npz", x=x, y=np.array([1, 10, 5]))
    np.savez(folder / "images.npz", images=x)
    for name in ("net.pt", "net.onnx"):
        (folder / name).write_bytes(b"PK weights")
    shipped = Path(snnrt.targets.__file__).parent / "profiles" / "dt-snn.toml"
    (folder / "dt-snn.toml").write_bytes(shipped.read_bytes())
    return folder


def test_there_are_at_least_forty():
    assert len(COMMANDS) >= 40 and len({command for command, _, _ in COMMANDS}) == len(COMMANDS)


@pytest.mark.parametrize(("command", "code", "needs"), COMMANDS, ids=[command for command, _, _ in COMMANDS])
def test_a_message_says_what_to_type_next(snnrt_command, int8_model, folder, command, code, needs):
    words = [word.format(model=int8_model, source=SHIPPED, folder=folder) for word in command.split()]
    outcome = snnrt_command(*words)
    outcome.failed(*needs, code=code)
    if code == 2:
        assert "; see 'snnrt" in outcome.err
    assert len(outcome.err) <= 600


@pytest.mark.parametrize(("call", "needs"), CALLS, ids=[needs for _, needs in CALLS])
def test_a_call_s_message_says_what_to_do(int8_model, call, needs):
    with pytest.raises(SnnrtError) as caught:
        call(snnrt.load(int8_model), np.full((3, 1, 8, 8), 1.0, np.float32))
    assert needs in str(caught.value) and "\n" not in str(caught.value)

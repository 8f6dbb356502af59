"""One call of a module, recorded: every tensor function, and each spiking neuron as one call.

Neurons (what ``is_cell`` says) are called as they are, and what happens inside is not recorded; everything
else is followed down to PyTorch's own functions, so that layers, containers and code between them are alike.
"""

from __future__ import annotations

import gc
import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._pytree import tree_flatten, tree_map_only

from snnrt.converters.common.rollup.calls import ESCAPES, Call, Recording, Value
from snnrt.errors import ModelError, SnnrtError

MAX_CALLS = 1_000_000
"""Of functions in one recording."""

SHAPED_LIKE = ("zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full",
               "new_empty", "new_tensor")  # fmt: skip
"""Functions that take nothing but the shape of a tensor."""

RANDOM = ("rand", "randn", "randint", "bernoulli", "normal", "multinomial", "poisson", "randperm",
          "rand_like", "randn_like", "randint_like")  # fmt: skip

_OPERATORS = ("add", "sub", "mul", "div", "truediv", "pow", "and", "or", "xor", "matmul", "floordiv", "mod")

_LOCK = threading.RLock()
_OURS = str(Path(__file__).parent)
_TORCH = str(Path(torch.__file__).parent)


class _Recorder(TorchFunctionMode):
    def __init__(self, module: torch.nn.Module, is_cell: Callable[[torch.nn.Module], bool]) -> None:
        super().__init__()
        self.is_cell = is_cell
        self.paths = {id(one): path for path, one in module.named_modules(remove_duplicate=True)}
        self.scopes = [""]
        self.silent = 0
        self.calls: list[Call] = []
        self.values: dict[int, Value] = {}
        self.constants: set[int] = set()
        # an id stands for a tensor only as long as that lives
        self.alive: list[Any] = []

    # tensors

    def known_before(self) -> None:
        """Every tensor that exists now is a constant."""
        for one in gc.get_objects():
            if issubclass(type(one), torch.Tensor):
                self.alive.append(one)
                self.constants.add(id(one))

    def give(self, call: Call | None, place: int | str, tensor: torch.Tensor) -> Value:
        value = Value(call, place, tensor)
        self.values[id(tensor)] = value
        self.constants.discard(id(tensor))
        self.alive.append(tensor)
        return value

    def constant(self, tensor: torch.Tensor) -> None:
        self.values.pop(id(tensor), None)
        self.constants.add(id(tensor))
        self.alive.append(tensor)

    def read(self, tree: Any, title: Callable[[], str]) -> Any:
        def one(tensor: torch.Tensor) -> Any:
            value = self.values.get(id(tensor))
            if value is not None:
                return value
            if id(tensor) in self.constants or isinstance(tensor, torch.nn.Parameter):
                return tensor
            raise ModelError(
                f"{title()}: reads a tensor that was made where snnrt does not see it (a custom autograd "
                "function, a compiled function, NumPy) or at random; expected layers and neurons of the "
                "frameworks, and torch functions between them"
            )

        return tree_map_only(torch.Tensor, one, tree)

    # calls

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if self.silent:
            return func(*args, **kwargs)
        name = _plain_name(func)
        where = _where()
        call = Call(
            name, self.read(args, lambda: f"torch.{name} at {where}"),
            self.read(kwargs, lambda: f"torch.{name} at {where}"), self.scopes[-1], where,
        )  # fmt: skip
        self.silent += 1
        try:
            if _changes_in_place(func) and isinstance(call.arguments[0], torch.Tensor):
                call.arguments = (call.arguments[0].detach().clone(), *call.arguments[1:])
            result = func(*args, **kwargs)
        finally:
            self.silent -= 1
        if name == "iter":
            result = list(result)
            self.note(call, args, result)
            return iter(result)
        self.note(call, args, result)
        return result

    def note(self, call: Call, args: tuple[Any, ...], result: Any) -> None:
        depends = bool(call.values()) and call.function not in SHAPED_LIKE
        if call.function == "setitem":
            # what is written to is given back as a new value
            tensors = [args[0]]
        else:
            tensors = [one for one in tree_flatten(result)[0] if isinstance(one, torch.Tensor)]
        if not depends:
            for tensor in tensors:
                if id(tensor) not in self.values and call.function not in RANDOM:
                    self.constant(tensor)
            return
        if not tensors and call.function not in ESCAPES:
            return
        if len(self.calls) >= MAX_CALLS:
            raise ModelError(f"the module calls more than {MAX_CALLS} functions; expected fewer timesteps")
        call.outputs = [self.give(call, place, tensor) for place, tensor in enumerate(tensors)]
        self.calls.append(call)

    def enter(self, module: torch.nn.Module, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A module's call."""
        if self.silent:
            return original(module, *args, **kwargs)
        path = self.paths.get(id(module), self.scopes[-1])
        if not self.is_cell(module):
            self.scopes.append(path)
            try:
                return original(module, *args, **kwargs)
            finally:
                self.scopes.pop()
        where = _where()

        def title() -> str:
            return f"{type(module).__name__} {path!r} at {where}"

        call = Call(
            type(module).__name__, self.read(args, title), self.read(kwargs, title), path, where, module
        )
        before = {name: id(tensor) for name, tensor in _states(module)}
        self.silent += 1
        try:
            result = original(module, *args, **kwargs)
        finally:
            self.silent -= 1
        found = [one for one in tree_flatten(result)[0] if isinstance(one, torch.Tensor)]
        # what a neuron gives twice (spikes, and again in its state) is one value
        first = {id(tensor): place for place, tensor in reversed(list(enumerate(found)))}
        call.outputs = [
            self.give(call, place, tensor) for place, tensor in enumerate(found) if first[id(tensor)] == place
        ]
        self.silent += 1
        for value in call.outputs:
            # a later += would change it
            value.kept = value.tensor.detach().clone()
        self.silent -= 1
        given = {id(tensor) for tensor in found}
        for name, tensor in _states(module):
            if before.get(name) != id(tensor) and id(tensor) not in given:
                call.outputs.append(self.give(call, name, tensor))
        self.calls.append(call)
        return result


def record(
    module: torch.nn.Module, inputs: tuple[torch.Tensor, ...], is_cell: Callable[[torch.nn.Module], bool],
    calls: int = 1,
) -> Recording:  # fmt: skip
    """Call ``module`` on ``inputs`` without gradients and record it.

    ``calls``: that often, one after the other, each with the state that the last one gave where the module
    takes one; the result is then a list of theirs.

    Raises ModelError where the module fails, and where a tensor comes from where it can't be followed.
    """
    recorder = _Recorder(module, is_cell)
    given = tuple(recorder.give(None, place, tensor) for place, tensor in enumerate(inputs))
    for value in given:
        value.kept = value.tensor.clone()
    recorder.known_before()
    for tensor in inputs:
        recorder.constants.discard(id(tensor))
    with torch.no_grad(), _patched(recorder), recorder:
        try:
            results = [module(*inputs)]
            while len(results) < calls:
                results.append(module(*inputs, *_state_of(module, results[-1])))
        except SnnrtError:
            raise
        except Exception as error:
            # whatever the user's code raises
            raise ModelError(f"the module fails on the example: {type(error).__name__}: {error}") from error
    result = results[0] if calls == 1 else results
    return Recording(given, recorder.calls, recorder.read(result, lambda: "the result"))


def _state_of(module: torch.nn.Module, result: Any) -> tuple[Any, ...]:
    """The state in a pair of output and state, for a module that takes one as its second argument."""
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        return ()
    places = [one for one in inspect.signature(module.forward).parameters.values()
              if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]  # fmt: skip
    return (result[1],) if len(places) == 2 and places[1].default is not inspect.Parameter.empty else ()


@contextmanager
def _patched(recorder: _Recorder) -> Iterator[None]:
    """Module calls of this thread go through ``recorder``."""
    with _LOCK:
        original = torch.nn.Module.__call__
        thread = threading.get_ident()

        def call(module: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != thread:
                return original(module, *args, **kwargs)
            return recorder.enter(module, original, args, kwargs)

        torch.nn.Module.__call__ = call  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            torch.nn.Module.__call__ = original  # type: ignore[method-assign]


def _states(module: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Tensors that a neuron keeps by name: buffers, attributes, memories and records of its frameworks."""
    kept = {**vars(module), **dict(module.named_buffers(recurse=False)), **vars(module).get("_memories", {})}
    kept |= {f"recorded {name}": one for name, one in vars(module).get("_record_dict", {}).items()}
    return [(name, one) for name, one in kept.items() if isinstance(one, torch.Tensor)]


def _plain_name(func: Any) -> str:
    """``add`` for ``torch.add``, ``Tensor.__iadd__`` and ``Tensor.add_``; ``T`` for the property's getter."""
    name = getattr(func, "__name__", "") or "function"
    if name in ("__get__", "__set__"):
        owner = resolve_name(func) or ""
        return owner.split(".")[-2] if owner.count(".") else name
    operator = name.startswith("__")
    name = name.strip("_")
    if operator and f"Python's {name}" in ESCAPES:
        return f"Python's {name}"
    # a reflected sum or product is the same, a reflected difference is not
    if operator and (name[0] == "i" or name in ("radd", "rmul")) and name[1:] in _OPERATORS:
        name = name[1:]
    return {
        "truediv": "div",
        "rtruediv": "rdiv",
        "true_divide": "div",
        "divide": "div",
        "subtract": "sub",
        "multiply": "mul",
    }.get(name, name)


def _changes_in_place(func: Any) -> bool:
    """``add_``, ``__iadd__``, ``__setitem__``."""
    name = getattr(func, "__name__", "")
    if name.startswith("__"):
        return (name.startswith("__i") and name != "__iter__") or name == "__setitem__"
    return name.endswith("_")


def _where() -> str:
    """File and line of the innermost code inside of the module that is not PyTorch's."""
    frame = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if path == __file__ and frame.f_code.co_name == "record":
            break
        if not path.startswith((_OURS, _TORCH)) and not path.startswith("<frozen"):
            return f"{Path(path).name}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""

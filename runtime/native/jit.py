"""A module of LLVM instructions to machine code of this computer, in memory and callable.

The code has one rounding an operation: no flag that lets LLVM reorder or fuse arithmetic is taken (`refuse_loose`), so
results have the same bits on every machine. Addresses are called through `ctypes.CFUNCTYPE`, which lets other threads
of Python run meanwhile.
"""

from __future__ import annotations

import ctypes
import functools
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import llvmlite.binding as llvm
from llvmlite import ir

_LOCK = threading.RLock()
"""Around compiling and loading: a target machine serves one thread at a time. Calls of compiled code never take it."""
_SPEED = 3
_LIBRARY = "marginc"
_LONG = 60_000
"""Characters of a module from which few passes are run: all of them would take longer than the account they save."""
_LOOSE = re.compile(
    r"= (?:\w+ )?(?:f\w+|call|phi|select) (?:(?:nnan|ninf|nsz|arcp|contract|afn|reassoc|fast) )+"  # fast-math flags
    r"|@\"?llvm\.(?:fma|fmuladd|exp|exp2|exp10|log|log2|log10|pow|powi|sin|cos|tan)\b"  # fused, or of the C library
    r"|^declare [^@]*@(?!\"?llvm\.)[^(]*",  # code from outside
    re.MULTILINE,
)


class LooseArithmetic(ValueError):
    """A module whose arithmetic may be fused or reordered, or calls code from outside: no proven bound would hold."""


@dataclass(frozen=True, slots=True)
class Code:
    """Machine code in memory. It stays there as long as this object is held: keep it while an address is in use.

    addresses   of the exported functions, by name
    seconds     what each stage took: parse, optimise, emit, load; from a cache only read and load
    object_code the object file the code was loaded from
    """

    addresses: Mapping[str, int]
    seconds: Mapping[str, float]
    object_code: bytes
    held: tuple[object, ...]

    def address(self, name: str) -> int:
        """Where the function starts; KeyError for a name that was not asked for when the code was compiled."""
        return self.addresses[name]

    def function(self, name: str, result: type[Any] | None, *arguments: type[Any]) -> Callable[..., Any]:
        """The function as Python calls it, of these types of ctypes. It holds the code, and no lock while it runs."""
        function: Any = ctypes.CFUNCTYPE(result, *arguments)(self.addresses[name])
        function.code = self
        return cast(Callable[..., Any], function)


def compile_module(module: ir.Module | str, names: Sequence[str]) -> Code:
    """Optimises, translates and loads a module; `names` are its functions to be called."""
    object_code, seconds = compile_object(module)
    return load_object(object_code, names, seconds)


def compile_object(module: ir.Module | str) -> tuple[bytes, dict[str, float]]:
    """The module as an object file for this computer, and the seconds each stage took."""
    clock = Clock()
    with _LOCK:
        optimised = _optimised(module, clock)
        object_code = _machine().emit_object(optimised)
        clock.lap("emit")
    return object_code, clock.seconds


def load_object(object_code: bytes, names: Sequence[str], earlier: Mapping[str, float] | None = None) -> Code:
    """An object file as code in memory. `earlier`: seconds of the stages before. RuntimeError where it is none."""
    clock = Clock(dict(earlier or {}))
    with _LOCK:
        _initialise()
        engine = llvm.create_lljit_compiler(use_jit_link=True, suppress_errors=True)
        library = llvm.JITLibraryBuilder().add_object_img(object_code)
        for name in names:
            library.export_symbol(name)
        loaded = library.link(engine, _LIBRARY)
    clock.lap("load")
    return Code({name: loaded[name] for name in names}, clock.seconds, object_code, (loaded, engine))


def assembly(module: ir.Module | str) -> str:
    """The optimised module in this computer's assembly language."""
    with _LOCK:
        return str(_machine().emit_assembly(_optimised(module, Clock())))


def optimised_text(module: ir.Module | str) -> str:
    """The module in LLVM's language, as it is after all optimisation for this computer."""
    with _LOCK:
        return str(_optimised(module, Clock()))


def refuse_loose(text: str) -> None:
    """LooseArithmetic for a module's text with an instruction that is not exactly one IEEE operation."""
    found = _LOOSE.search(text)
    if found:
        raise LooseArithmetic(f"`{found[0].strip()}` is not exactly one IEEE operation")


@functools.cache
def processor() -> str:
    """This computer's processor as LLVM tells it: triple, name and features."""
    return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


@functools.cache
def _initialise() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@functools.cache
def _machine() -> llvm.TargetMachine:
    _initialise()
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=_SPEED,
        reloc="pic",  # with the small code model: constants are read relative to the code, wherever it is loaded
        codemodel="small",
    )


def _optimised(module: ir.Module | str, clock: Clock) -> llvm.ModuleRef:
    text = str(module)
    refuse_loose(text)
    machine = _machine()
    parsed = llvm.parse_assembly(text)
    parsed.triple = machine.triple
    parsed.data_layout = str(machine.target_data)
    parsed.verify()
    clock.lap("parse")
    options = llvm.create_pipeline_tuning_options(_SPEED)
    options.loop_vectorization = options.slp_vectorization = True
    passes = llvm.create_pass_builder(machine, options)
    chosen = passes.getModulePassManager() if len(text) < _LONG else _few_passes()
    chosen.run(parsed, passes)
    clock.lap("optimise")
    return parsed


def _few_passes() -> llvm.ModulePassManager:
    """What a long module needs most: variables in registers, simpler instructions, nothing that is not used."""
    chosen = llvm.create_new_module_pass_manager()
    chosen.add_sroa_pass()
    chosen.add_instruction_combine_pass()
    chosen.add_simplify_cfg_pass()
    chosen.add_dead_code_elimination_pass()
    return chosen


class Clock:
    """Seconds by stage."""

    __slots__ = ("_last", "seconds")

    def __init__(self, seconds: dict[str, float] | None = None) -> None:
        self.seconds = seconds if seconds is not None else {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = now - self._last
        self._last = now

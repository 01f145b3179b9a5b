"""Modules become machine code: callable, exact operation by operation, without the interpreter's lock."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections.abc import Callable
from fractions import Fraction

import pytest
from llvmlite import ir

from marginc.runtime.native.jit import (
    LooseArithmetic,
    assembly,
    compile_module,
    load_object,
    optimised_text,
    refuse_loose,
)

DOUBLE, INTEGER = ir.DoubleType(), ir.IntType(64)
HALF_OF_SUM = """
define double @mean(double %a, double %b) {
  %sum = fadd double %a, %b
  %half = fmul double %sum, 0x3fe0000000000000
  ret double %half
}
"""
PRODUCT_AND_SUM = """
define double @f(double %a, double %b, double %c) {
  %product = fmul double %a, %b
  %sum = fadd double %product, %c
  ret double %sum
}
define void @all(ptr noalias %a, ptr noalias %b, ptr noalias %c, i64 %count) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %pa = getelementptr double, ptr %a, i64 %i
  %pb = getelementptr double, ptr %b, i64 %i
  %pc = getelementptr double, ptr %c, i64 %i
  %x = load double, ptr %pa
  %y = load double, ptr %pb
  %z = load double, ptr %pc
  %product = fmul double %x, %y
  %sum = fadd double %product, %z
  store double %sum, ptr %pc
  %next = add nuw i64 %i, 1
  %more = icmp ult i64 %next, %count
  br i1 %more, label %loop, label %leave
leave:
  ret void
}
"""
SPIN = """
define i64 @spin(i64 %count) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %x = phi i64 [ 1, %entry ], [ %y, %loop ]
  %a = mul i64 %x, 6364136223846793005
  %b = xor i64 %a, %i
  %y = add i64 %b, 1442695040888963407
  %next = add nuw i64 %i, 1
  %more = icmp ult i64 %next, %count
  br i1 %more, label %loop, label %leave
leave:
  ret i64 %y
}
"""
CLEARING = """
define void @clear(ptr %place, i64 %size) {
  call void @llvm.memset.p0.i64(ptr %place, i8 0, i64 %size, i1 false)
  ret void
}
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""
MEAN = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)


def test_a_module_becomes_a_function() -> None:
    code = compile_module(HALF_OF_SUM, ["mean"])
    assert MEAN(code.address("mean"))(1.0, 2.0) == 1.5
    assert list(code.seconds) == ["parse", "optimise", "emit", "load"]
    assert all(seconds >= 0 for seconds in code.seconds.values())


def test_a_built_module_becomes_a_function() -> None:
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(INTEGER, [INTEGER]), "next")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(builder.add(function.args[0], ir.Constant(INTEGER, 1)))
    following = compile_module(module, ["next"]).function("next", ctypes.c_int64, ctypes.c_int64)
    gc.collect()
    assert following(41) == 42  # it holds the code


def test_an_object_file_is_all_that_is_needed() -> None:
    code = load_object(compile_module(HALF_OF_SUM, ["mean"]).object_code, ["mean"])
    assert MEAN(code.address("mean"))(-1.0, 4.0) == 1.5
    assert list(code.seconds) == ["load"]


def test_what_is_no_object_file_is_refused() -> None:
    object_code = compile_module(HALF_OF_SUM, ["mean"]).object_code
    for wrong in (b"", b"not an object", object_code[:100], object_code[: len(object_code) // 2]):
        with pytest.raises(RuntimeError):
            load_object(wrong, ["mean"])


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(RuntimeError, match="median"):
        compile_module(HALF_OF_SUM, ["median"])
    with pytest.raises(KeyError):
        compile_module(HALF_OF_SUM, ["mean"]).address("median")


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(RuntimeError):
        compile_module("define double @f( {", ["f"])


def test_a_product_and_a_sum_are_rounded_apart() -> None:
    a = 1 + 2.0**-30
    exact = Fraction(a) * Fraction(a) - Fraction(a * a)
    assert exact == Fraction(1, 2**60)  # what a fused multiplication would give for a a - round(a a)
    code = compile_module(PRODUCT_AND_SUM, ["f", "all"])
    three = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double, ctypes.c_double)
    assert three(code.address("f"))(a, a, -a * a) == 0
    factors, sums = (ctypes.c_double * 1000)(*[a] * 1000), (ctypes.c_double * 1000)(*[-a * a] * 1000)
    pointer = ctypes.c_void_p
    ctypes.CFUNCTYPE(None, pointer, pointer, pointer, ctypes.c_int64)(code.address("all"))(factors, factors, sums, 1000)
    assert list(sums) == [0.0] * 1000


def test_no_fused_instruction_is_written_and_loops_become_vectors() -> None:
    assert "fma" not in assembly(PRODUCT_AND_SUM).lower()
    assert " x double>" in optimised_text(PRODUCT_AND_SUM)


@pytest.mark.parametrize(
    "loose",
    [
        "%r = fadd fast double %a, %b",
        "%r = fmul contract double %a, %b",
        "%r = fmul nsz reassoc double %a, %b",
        "%r = fcmp nnan olt double %a, %b",
        "%r = select ninf i1 %c, double %a, double %b",
        "%r = call reassoc double @llvm.floor.f64(double %a)",
        '%r = call double @"llvm.fma.f64"(double %a, double %a, double %a)',
        "%r = call double @llvm.fmuladd.f64(double %a, double %a, double %a)",
        "%r = call double @llvm.exp.f64(double %a)",
        'declare double @"exp"(double)',
        "declare double @log(double)",
    ],
)
def test_arithmetic_that_may_change_is_refused(loose: str) -> None:
    with pytest.raises(LooseArithmetic):
        refuse_loose(HALF_OF_SUM + loose)


@pytest.mark.parametrize("make", [assembly, optimised_text, lambda text: compile_module(text, ["mean"])])
def test_a_module_with_it_is_not_compiled(make: Callable[[str], object]) -> None:
    with pytest.raises(LooseArithmetic):
        make(HALF_OF_SUM.replace("fmul", "fmul contract"))


def test_plain_arithmetic_is_taken() -> None:
    plain = """
      %r = fadd double %a, %"fast"
      %s = call double @"llvm.floor.f64"(double %r)
      %t = fcmp olt double %s, %a
    declare double @"llvm.floor.f64"(double %".1")
    declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
    """
    refuse_loose(plain)


def test_memory_can_be_cleared() -> None:
    code = compile_module(CLEARING, ["clear"])
    place = (ctypes.c_uint8 * 5000)(*[7] * 5000)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(code.address("clear"))(place, 4999)
    assert bytes(place) == bytes(4999) + b"\7"


def test_other_threads_of_python_run_meanwhile() -> None:
    spin = compile_module(SPIN, ["spin"]).function("spin", ctypes.c_uint64, ctypes.c_int64)
    finished = threading.Event()
    thread = threading.Thread(target=lambda: (spin(200_000_000), finished.set()))
    steps = 0
    thread.start()
    while not finished.is_set():
        steps += 1
        time.sleep(0.001)
    thread.join()
    assert steps > 10  # with the lock held there would be one, before or after the call


def test_threads_compile_at_once() -> None:
    results: dict[int, float] = {}

    def work(number: int) -> None:
        text = HALF_OF_SUM.replace("0x3fe0000000000000", f"{number}.0")
        for _ in range(3):
            code = compile_module(text, ["mean"])
            results[number] = MEAN(code.address("mean"))(1.0, 1.0)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: 2.0 * number for number in range(1, 9)}

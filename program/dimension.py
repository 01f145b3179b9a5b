"""Dimensions: products of integer powers of currencies, time and row units.

A row unit is "one of this row": one HYPE for the row HYPE of `assets`. It is named by the path of references
that leads to the row, so the unit of `balance.asset` and of `position.market` never mix, and neither do those
of two binders over the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A row named by its way there: a root (a scope's row, a binder, or `kind("key")`) and the references followed."""

    root: str
    steps: tuple[str, ...] = ()

    def then(self, step: str) -> Path:
        return Path(self.root, (*self.steps, step))

    def join(self, steps: tuple[str, ...]) -> Path:
        return Path(self.root, (*self.steps, *steps))

    def __str__(self) -> str:
        return ".".join((self.root, *self.steps))


@dataclass(frozen=True, slots=True)
class Unit:
    """One of the row that `path` leads to."""

    path: Path

    def __str__(self) -> str:
        return f"{self.path}.unit"


Atom = str | Unit
TIME = "time"


@dataclass(frozen=True, slots=True)
class Dimension:
    """Atoms with non-zero exponents, sorted by their text. The empty product is a ratio."""

    factors: tuple[tuple[Atom, int], ...] = ()

    @staticmethod
    def of(factors: Iterable[tuple[Atom, int]]) -> Dimension:
        powers: dict[Atom, int] = {}
        for atom, exponent in factors:
            powers[atom] = powers.get(atom, 0) + exponent
        kept = [(atom, exponent) for atom, exponent in powers.items() if exponent]
        return Dimension(tuple(sorted(kept, key=lambda factor: str(factor[0]))))

    @property
    def is_ratio(self) -> bool:
        return not self.factors

    def __mul__(self, other: Dimension) -> Dimension:
        return Dimension.of((*self.factors, *other.factors))

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __pow__(self, exponent: int) -> Dimension:
        return Dimension.of((atom, power * exponent) for atom, power in self.factors)

    def root(self) -> Dimension | None:
        """The square root, or None where an exponent is odd."""
        if any(power % 2 for _, power in self.factors):
            return None
        return Dimension(tuple((atom, power // 2) for atom, power in self.factors))

    def map_paths(self, change: Callable[[Path], Path]) -> Dimension:
        return Dimension.of(
            (Unit(change(atom.path)) if isinstance(atom, Unit) else atom, power) for atom, power in self.factors
        )

    def units(self) -> tuple[Path, ...]:
        return tuple(atom.path for atom, _ in self.factors if isinstance(atom, Unit))

    def __str__(self) -> str:
        if not self.factors:
            return "ratio"
        above = [_power(atom, power) for atom, power in self.factors if power > 0]
        below = [_power(atom, -power) for atom, power in self.factors if power < 0]
        return "/".join(["*".join(above) or "1", *below])


def _power(atom: Atom, exponent: int) -> str:
    return str(atom) if exponent == 1 else f"{atom}^{exponent}"


RATIO = Dimension()


def currency(code: str) -> Dimension:
    return Dimension(((code, 1),))


def unit(path: Path) -> Dimension:
    return Dimension(((Unit(path), 1),))

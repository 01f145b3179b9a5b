"""What functions of the language do, in the few words an editor shows; `docs/language.md` has the whole of it."""

BUILTINS: dict[str, tuple[str, str]] = {
    "abs": ("abs(x)", "x without its sign"),
    "min": ("min(x, y, ...) or min(x for r in rows)", "the least; `none` is passed over"),
    "max": ("max(x, y, ...) or max(x for r in rows)", "the largest; `none` is passed over"),
    "clamp": ("clamp(x, low, high)", "x, at least `low`, then at most `high`; a bound that is `none` does not bind"),
    "default": ("default(x, y)", "x, or y where x is `none`"),
    "sqrt": ("sqrt(x)", "the square root"),
    "exp": ("exp(x)", "e to the x, for ratios"),
    "ln": ("ln(x)", "the natural logarithm, for ratios"),
    "normal_cdf": ("normal_cdf(x)", "the normal distribution, for ratios"),
    "floor": ("floor(x, step)", "the multiple of the step below; a step is needed but for ratios"),
    "ceil": ("ceil(x, step)", "the multiple of the step above; a step is needed but for ratios"),
    "trunc": ("trunc(x, step)", "the multiple of the step towards 0; a step is needed but for ratios"),
    "round": ('round(x, step, "half_even")', "the nearest multiple of the step"),
    "slices": (
        "slices(table, x)",
        "the parts of x in the ranges of a table, each with `width` and the table's columns",
    ),
    "bracket": ("bracket(table, x)", "the range of a table in which x falls"),
    "sum": ("sum(x for r in rows where condition)", "the sum; 0 of no row"),
    "count": ("count(r for r in rows where condition)", "how many rows"),
    "any": ("any(condition for r in rows)", "whether the condition holds for one row"),
    "all": ("all(condition for r in rows)", "whether the condition holds for each row"),
    "argmin": ("argmin(x for r in rows)", "the row with the least value; the first on a tie"),
    "argmax": ("argmax(x for r in rows)", "the row with the largest value; the first on a tie"),
}
"""How each is written, and what it gives."""

"""Findings about rulebooks: one module a family, one function a code, its docstring the page of that code."""

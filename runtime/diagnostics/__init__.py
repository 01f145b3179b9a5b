"""Findings about what a program is given: one module a family, one function a code."""

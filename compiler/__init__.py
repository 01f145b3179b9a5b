"""Text to Program. Imports `program/` only; nothing of it is needed to load and evaluate a program."""

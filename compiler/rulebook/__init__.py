"""Source trees to a rulebook: the files it is made of, its layers in order, and what holds at an instant."""

from .layers import read_layers
from .load import RuleFile, load_files, tree_root
from .merge import Effective, Rulebook, effective_at, read_rulebook
from .texts import DefinitionText, FieldText, FunctionText, KindText, Layer, OutputText, ParameterText, RungText

__all__ = [
    "DefinitionText",
    "Effective",
    "FieldText",
    "FunctionText",
    "KindText",
    "Layer",
    "OutputText",
    "ParameterText",
    "RuleFile",
    "Rulebook",
    "RungText",
    "effective_at",
    "load_files",
    "read_layers",
    "read_rulebook",
    "tree_root",
]

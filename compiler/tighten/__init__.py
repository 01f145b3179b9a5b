"""`layer: tighten-only`: whether what a layer replaces makes requirements higher, by values, by signs or by form."""

from .tightening import Tightening

__all__ = ["Tightening"]

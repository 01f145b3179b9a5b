"""The exact executor: the meaning of the language, account by account, in rational arithmetic."""

from .evaluate import Bound, bind, evaluate

__all__ = ["Bound", "bind", "evaluate"]

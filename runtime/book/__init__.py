"""Books: accounts by the million as Arrow tables, read in place for machine code or exactly, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .book import Book, open_book
    from .columns import Block, Column
    from .file import BookFile, open_book_file, read_book
    from .words import Words

__all__ = ["Block", "Book", "BookFile", "Column", "Words", "open_book", "open_book_file", "read_book"]


def __getattr__(name: str) -> object:
    """Loads a name when it is first used: knowing a book when one sees it needs neither numpy nor pyarrow."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import book, columns, file, words

    homes = (book, columns, file, words)
    found: object = next(getattr(home, name) for home in homes if getattr(home, name, None) is not None)
    return found

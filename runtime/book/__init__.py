"""Books: accounts by the million as Arrow tables, read in place for machine code or exactly, one by one."""

from .book import Book, open_book
from .columns import Block, Column
from .words import Words

__all__ = ["Block", "Book", "Column", "Words", "open_book"]

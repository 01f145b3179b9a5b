"""The native executor: a program as machine code for books of accounts, every decision that of the exact executor."""

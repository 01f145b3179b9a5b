"""Runs the command line as `python -m marginc`."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="marginc")

"""What compiler and runtime share: types, dimensions, IR, Program, its codec and printer. Standard library only."""

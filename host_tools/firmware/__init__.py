"""The firmware as the laptop handles it: compiled for a board, or for the simulator's interpreter."""

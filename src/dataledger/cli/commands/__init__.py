"""One file for each group of commands. Imports of what is slow to load stand inside functions."""

"""A whole vault in one age file, and back."""

"""The recorder's logic: what it does, whatever the board."""

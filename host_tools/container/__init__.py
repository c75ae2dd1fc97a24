"""Containers as FORMAT.md defines them: read, checked, and never believed before they are authenticated."""

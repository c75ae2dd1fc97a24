"""Containers as docs/format.md defines them: read, checked, never believed before they are authenticated."""

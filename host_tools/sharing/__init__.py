"""Recordings handed on: sealed for somebody, with a page about them, and noted in the vault."""

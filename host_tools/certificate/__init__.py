"""Certificates of destruction: what was done, what was proven, and what was not achieved, signed."""

"""The same vault with recordings as for the tests of retention."""

from tests.retention.conftest import cloister, empty, practice

__all__ = ["cloister", "empty", "practice"]

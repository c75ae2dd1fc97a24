"""Consent to being recorded: what was agreed, by whom, for which recordings, and what laws ask for."""

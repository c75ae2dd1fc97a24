"""Keeping a vault open for some minutes, with its key in the platform's own key store."""

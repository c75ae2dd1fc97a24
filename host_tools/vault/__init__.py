"""The vault: keys, recorders and recordings on the laptop, wrapped under one passphrase."""

from host_tools.container.view import KeyRecord
from host_tools.vault.recorders import Recorder
from host_tools.vault.recordings import Recording
from host_tools.vault.vault import Vault, check_is_vault, create_vault, is_vault, open_vault
from host_tools.vault.wrapping import Argon2Cost

__all__ = [
    "Argon2Cost",
    "KeyRecord",
    "Recorder",
    "Recording",
    "Vault",
    "check_is_vault",
    "create_vault",
    "is_vault",
    "open_vault",
]

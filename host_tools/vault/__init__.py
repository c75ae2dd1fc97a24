"""The vault: keys, recorders and recordings on the laptop, wrapped under one passphrase."""

from host_tools.container.view import KeyRecord
from host_tools.vault.recorders import Recorder
from host_tools.vault.recordings import Recording
from host_tools.vault.shelf import Outgrown
from host_tools.vault.state import Gone, Hold, State
from host_tools.vault.stretching import Argon2Cost
from host_tools.vault.vault import (
    Vault,
    check_is_vault,
    create_vault,
    is_vault,
    open_vault,
    open_vault_with_key,
)

__all__ = [
    "Argon2Cost",
    "Gone",
    "Hold",
    "KeyRecord",
    "Outgrown",
    "Recorder",
    "Recording",
    "State",
    "Vault",
    "check_is_vault",
    "create_vault",
    "is_vault",
    "open_vault",
    "open_vault_with_key",
]

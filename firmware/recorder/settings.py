"""The recorder's settings in force; setting_rules.py has what they may be, and is loaded where they change.

Stored settings that cannot be read are replaced by the defaults and `damaged` says so until the next change:
a fault is told, but the recorder still answers.
"""

from recorder import overlay


class Settings:
    """`settings[name]`; `values` has all of them.

    `store`: `read(name)` → bytes or None, and `write(name, data)`, all or nothing.
    """

    def __init__(self, store):
        self.store = store
        self.values, self.damaged = overlay.fetch("recorder.setting_rules").load(store)
        overlay.forget("recorder.setting_rules", "recorder.strict_json")

    def __getitem__(self, name):
        return self.values[name]

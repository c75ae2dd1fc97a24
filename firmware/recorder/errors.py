"""The few exceptions that the recorder's parts raise at each other, and the fault codes that people see.

All but Refused derive from CloisterFault, so that the main loop can tell what was foreseen from what was not.
`code` of a fault is how often the lights blink it: the number printed on the back of the case.
"""


class CloisterFault(Exception):
    """Base of everything foreseen that can go wrong on the recorder."""

    code = 8  # the firmware itself: what nobody foresaw is shown so too


class Refused(Exception):
    """A request that is answered with an error; nothing was changed and nothing is wrong with the recorder.

    `code` is one of PROTOCOL's (`unknown`, `syntax`, `auth`, `state`, `value`, `full`, `fault`),
    `message` says what was wrong, and for `value` which field and what it must be.
    """

    def __init__(self, code, message):
        super().__init__(code, message)
        self.code = code
        self.message = message


class CardMissing(CloisterFault):
    """There is no card, or none with a FAT32 file system."""

    code = 1


class CardFull(CloisterFault):
    """The card has no room for a container."""

    code = 2


class CardFault(CloisterFault):
    """The card failed a read or a write, repeatedly."""

    code = 3


class MicrophoneFault(CloisterFault):
    """The microphone delivers nothing."""

    code = 4


class LightFault(CloisterFault):
    """No current flows through the red light while the microphone's supply is on: no recording."""

    code = 5


class NoKeys(CloisterFault):
    """No public key was ever loaded, so there is nobody to seal a recording to."""

    code = 6


class StoreDamaged(CloisterFault):
    """A file of the recorder's own is not what was written there."""

    code = 7


class OutOfMemory(CloisterFault):
    """There is too little room in the recorder's memory for what is to be done."""


class BatteryEmpty(CloisterFault):
    """The battery would not last for a recording."""

    code = 9


class ButtonStuck(CloisterFault):
    """A button is down and does not come up: nobody could stop a recording with it."""

    code = 10

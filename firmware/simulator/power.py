"""The supply, as the card and the flash see it: counts their writes, and can fail at any one of them.

`cut_at` makes the supply fail in the n-th write from now, which is then half done: the devices call
`begin_write` with what has reached the medium if the supply goes before `end_write`.
"""

from simulator import host

_writes_left = -1  # -1: the supply is good
_torn = None
_lose = None


def cut_at(write_number):
    """Let the supply fail in the write of that number, counted from 1."""
    global _writes_left
    _writes_left = write_number


def on_cut(lose):
    """`lose()` takes from the card what it has only held back."""
    global _lose
    _lose = lose


def begin_write(tear):
    """A write starts; `tear()` puts onto the medium what a failing supply leaves of it."""
    global _writes_left, _torn
    _torn = tear
    if _writes_left > 0:
        _writes_left -= 1
        if _writes_left == 0:
            cut()


def end_write():
    """The write is complete."""
    global _torn
    _torn = None


def tear():
    """A write under way ends here, if there is one."""
    global _torn
    if _torn is not None:
        _torn()
        _torn = None


def cut():
    """The supply fails now; never returns."""
    if _lose is not None:
        _lose()
    tear()
    host.end("power-cut")

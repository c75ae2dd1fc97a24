"""Virtual time: it stands still while code runs, and passes in sleeps and while a device holds us up.

Alarms fire in the order of their times, never early. What an alarm wants the program to be called back
with goes through `micropython.schedule`, as on the board: not before the interpreter is free again, and
lost without a word when the eight places of its queue are taken. With `follow_real_time` the virtual
clock waits for the real one. Reading the clock costs a microsecond, so a loop that waits for a time ends.
"""

import utime

import micropython

TICKS_PERIOD = 1 << 30  # of ticks_ms and ticks_us on the board's 32-bit build
_MASK = TICKS_PERIOD - 1
_HALF = TICKS_PERIOD >> 1
NEVER_MS = (1 << 30) - 1
_LAG_FORGIVEN_MS = 1000  # a laptop that slept is not made up for

_now_ms = 0
_now_us = 0  # what is beyond the millisecond
_due_ms = NEVER_MS  # of the earliest alarm
_alarms = ()  # replaced, never changed: a callback may run while it is gone through
_callbacks = []  # pairs of function and argument that wait for the interpreter
_holds = 0  # how many devices hold the interpreter
_base_ms = 0  # ticks_us was _base_us at this time; see keep_ticks_small
_base_us = 0
_real = False
_real_ms = 0
_real_ticks_ms = 0


class Alarm:
    """Calls `function()` when virtual time reaches what `set` was given; once for each `set`."""

    def __init__(self, function):
        global _alarms
        self.function = function
        self.due_ms = NEVER_MS
        _alarms = _alarms + (self,)

    def set(self, due_ms):
        """Fire at `due_ms`; a time that is past fires as soon as time passes at all."""
        self.due_ms = due_ms
        _find_earliest()

    def remove(self):
        """Never fire again."""
        global _alarms
        self.due_ms = NEVER_MS
        _alarms = tuple(alarm for alarm in _alarms if alarm is not self)
        _find_earliest()


def _find_earliest():
    global _due_ms
    _due_ms = NEVER_MS
    for alarm in _alarms:
        if alarm.due_ms < _due_ms:
            _due_ms = alarm.due_ms


def now_ms():
    """Milliseconds of virtual time since power-on; does not wrap."""
    return _now_ms


def call_back(function, argument):
    """Have `function(argument)` run by the interpreter's scheduler as soon as it is free."""
    _callbacks.append((function, argument))


def hold_us(duration_us):
    """Let time pass while a device keeps the interpreter: alarms fire, callbacks wait."""
    global _holds, _now_us
    total_us = _now_us + duration_us
    _holds += 1
    try:
        _run_to(_now_ms + total_us // 1000)
    finally:
        _holds -= 1
    _now_us = total_us % 1000
    _hand_over()


def follow_real_time():
    """From now on virtual time does not run ahead of real time."""
    global _real, _real_ms, _real_ticks_ms
    _real = True
    _real_ms = _now_ms
    _real_ticks_ms = utime.ticks_ms()


def keep_ticks_small():
    """To be called every few minutes at most: keeps `ticks_us` within small ints, which allocate nothing."""
    global _base_ms, _base_us
    base_us = ticks_us() - _now_us
    _base_us = base_us - TICKS_PERIOD if base_us >= _HALF else base_us
    _base_ms = _now_ms


def _run_to(target_ms):
    while _due_ms <= target_ms:
        _move(_due_ms)
        _fire()
        _hand_over()
    _move(target_ms)


def _move(to_ms):
    global _now_ms
    if to_ms > _now_ms:
        if _real:
            _wait_for_real_time(to_ms)
        _now_ms = to_ms


def _wait_for_real_time(to_ms):
    global _real_ms, _real_ticks_ms
    ticks_ms = utime.ticks_ms()
    _real_ms += utime.ticks_diff(ticks_ms, _real_ticks_ms)
    _real_ticks_ms = ticks_ms
    if to_ms > _real_ms:
        utime.sleep_ms(to_ms - _real_ms)
    elif _real_ms - to_ms > _LAG_FORGIVEN_MS:
        _real_ms = to_ms


def _fire():
    for alarm in _alarms:
        if alarm.due_ms <= _now_ms:
            alarm.due_ms = NEVER_MS
            alarm.function()
    _find_earliest()


def _hand_over():
    while _callbacks and not _holds:
        function, argument = _callbacks.pop(0)
        try:
            micropython.schedule(function, argument)
        except RuntimeError:
            pass  # the queue is full: on the board this callback is lost without a word, too


# What the firmware sees as `time`.


def sleep_ms(duration_ms):
    """The board's: callbacks run meanwhile."""
    global _now_ms
    target_ms = _now_ms + (duration_ms if duration_ms > 0 else 0)
    if target_ms < _due_ms and not _real:
        _now_ms = target_ms
    else:
        _run_to(target_ms)


def sleep_us(duration_us):
    """The board's: a busy wait, in which callbacks run all the same."""
    global _now_us
    if duration_us > 0:
        total_us = _now_us + duration_us
        _now_us = total_us % 1000
        sleep_ms(total_us // 1000)


def ticks_ms():
    """The board's: wraps at 2**30."""
    global _now_us
    if _now_us < 999 and _now_ms < _due_ms:
        _now_us += 1  # as sleep_us(1): this is called many times in each round of the main loop
    else:
        sleep_us(1)
    return _now_ms & _MASK


def ticks_us():
    """The board's: wraps at 2**30, every 17.9 minutes."""
    sleep_us(1)
    return (_base_us + (_now_ms - _base_ms) * 1000 + _now_us) & _MASK


def _ticks_add(ticks, delta):
    return (ticks + delta) & _MASK


def _ticks_diff(later, earlier):
    return ((later - earlier + _HALF) & _MASK) - _HALF


# The board's. An interpreter of its word size has the very same ones, and they are quicker.
_as_on_board = utime.ticks_add(_MASK, 1) == 0
ticks_add = utime.ticks_add if _as_on_board else _ticks_add
ticks_diff = utime.ticks_diff if _as_on_board else _ticks_diff

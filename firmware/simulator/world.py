"""What happens to the recorder from outside, each event at its time, and a sign of life for the host.

Events are lists `[milliseconds, kind, argument…]` in order of time; the host has made them from the scenario.
"""

import gc

from simulator import card, clock, heap, host, power, room, wiring

_SIGN_EVERY_MS = 10_000

_events = []
_next = 0


def _end(reason):
    host.end(reason)


_HAPPEN = {
    "button": wiring.press,
    "power-cut": power.cut,
    "card-out": card.take_out,
    "card-in": card.put_in,
    "card-stall": card.stall,
    "card-busy": card.follow,
    "card-error": card.fail,
    "card-raise": card.throw,
    "card-read-error": card.fail_to_read,
    "card-locked": card.lock,
    "card-rot": card.rot,
    "card-size": card.shrink,
    "card-cache": card.hold_back,
    "battery": wiring.set_battery,
    "mic": room.play,
    "light-off": wiring.break_red_light,
    "light-on": wiring.mend_red_light,
    "end": _end,
}


def start(events):
    """Let the events happen from now on; those of this moment have happened on return."""
    global _events
    _events = events
    _arm()
    _sign_alarm.set(clock.now_ms() + _SIGN_EVERY_MS)
    clock.sleep_ms(0)


def _arm():
    if _next < len(_events):
        _event_alarm.set(_events[_next][0])


def _happen():
    global _next
    event = _events[_next]
    _next += 1
    _arm()
    _HAPPEN[event[1]](*event[2:])


def _sign():
    heap.open_hole()
    gc.collect()
    host.send("sign", gc.mem_free())
    clock.keep_ticks_small()
    _sign_alarm.set(clock.now_ms() + _SIGN_EVERY_MS)


_event_alarm = clock.Alarm(_happen)
_sign_alarm = clock.Alarm(_sign)

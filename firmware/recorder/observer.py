"""Where somebody may listen to the recorder: the simulator and the tests do, nobody on the board.

Set `watch` before the recorder is started.
"""

# function(kind, value): each "state" (its name), "event" (the EVENT as a dict), "fault" (why, in words).
watch = None


def tell(kind, value):
    """Pass on what happened, if anybody listens."""
    if watch is not None:
        watch(kind, value)

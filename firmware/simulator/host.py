"""The line to the program that runs this interpreter: what happens goes out, audio files are asked for.

One JSON object a line. Out: `{"ms": virtual time, KIND: VALUE}`. A request is answered by one line. `end`
never returns: the process is gone before another instruction, so no clean-up code can reach card or flash.
"""

import json

import uos

from simulator import clock

_out = None
_replies = None


def connect(out_path, replies_path):
    """Open both pipes, given as paths."""
    global _out, _replies
    _out = open(out_path, "w")
    _replies = open(replies_path)


def send(kind, value):
    """Tell the host that `kind` is now `value`, with the virtual time."""
    _out.write(json.dumps({"ms": clock.now_ms(), kind: value}) + "\n")


def ask(kind, value):
    """Send a request and wait for its answer, in no virtual time."""
    send(kind, value)
    return json.loads(_replies.readline())


def end(reason):
    """Stop everything this instant, as when the supply goes; the host is told why."""
    send("end", reason)
    uos.system("kill -KILL $PPID")  # the shell's parent is this process
    raise SystemExit(reason)

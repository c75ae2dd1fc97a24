"""Does what its field `act` says. `app.calls` counts what was done, so that a test sees that nothing was."""

import gc

from recorder.errors import Refused


def answer(request, app):
    return ACTS[request.get("act", "echo")](request, app)


def echo(request, app):
    app.calls += 1
    return {"request": request}


def refuse(request, app):
    raise Refused("value", "rate must be 16000")


def break_(request, app):
    return {"never": {}["missing"]}


def exhaust(request, app):
    return {"never": bytearray(1 << 40)}


def miss(request, app):
    import nothing_of_that_name  # noqa: F401


def long_(request, app):
    return {"text": "x" * request["characters"]}


def float_(request, app):
    return {"half": [{"deep": 0.5}]}


def numbered(request, app):
    return {"keys": {1: 2}}


def mute(request, app):
    app.parts.laptop.port.broken = True


def heap(request, app):
    gc.collect()
    return {"allocated_bytes": gc.mem_alloc()}


ACTS = {
    "echo": echo,
    "refuse": refuse,
    "break": break_,
    "exhaust": exhaust,
    "miss": miss,
    "long": long_,
    "float": float_,
    "numbered": numbered,
    "mute": mute,
    "heap": heap,
}

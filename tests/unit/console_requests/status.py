"""Says how many requests have changed something, and how often this very module was asked."""

asked = 0


def answer(request, app):
    global asked
    asked += 1
    return {"calls": app.calls, "faults": app.parts.laptop.faults, "asked": asked}

"""Zeroes the console key and drops it, as somebody does who wants nothing of it left."""


def answer(request, app):
    app.calls += 1
    key = app.parts.identity.console_key
    for i in range(len(key)):
        key[i] = 0
    app.parts.identity.console_key = None
    app.parts.laptop.progress(999)
    return {}

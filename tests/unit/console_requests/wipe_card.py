"""Says how far it is as often as it is told to, `at`; in between somebody wants the memory back."""


def answer(request, app):
    released = []
    for permille in request["at"]:
        app.parts.laptop.port.broken = request.get("mute", False)
        app.parts.laptop.progress(permille)
        released.append(app.parts.laptop.release())
    return {"released": released}

"""`config`: changes settings, all or nothing, and tells those in force."""

from recorder import setting_rules


def answer(request, app):
    """Take every field but `id` and `do` for a setting; a bad one is named and nothing changes."""
    settings = app.parts.settings
    changes = setting_rules.check({name: request[name] for name in request if name not in ("id", "do")})
    if changes:
        app.refuse_while_busy()
        if setting_rules.update(settings, settings.values, changes):
            app.parts.indicator.dim(settings["indicator"])
            app.parts.log.note("settings")
        app.prepare_again()
    return settings.values

"""The one error type for everything that a user, a file, a card or a port can cause.

Whoever raises it gives a lowercase reason without a full stop, perhaps a hint that says what to do, and
the exit status. The command line prints both and exits; no traceback reaches a user. Anything else that
is raised is a mistake of ours.
"""

EXIT_FINE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_FOUND = 3
EXIT_INTERRUPTED = 130


class CloisterError(Exception):
    """A failure that is said to the user in one line, with an optional hint in a second."""

    def __init__(self, message: str, hint: str | None = None, exit_status: int = EXIT_FAILED):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_status = exit_status

"""One start of the interpreter as a recorder: from power-on until it ends, and what it says meanwhile.

Two pipes carry JSON lines: what happens comes in, answers to requests go out. The interpreter is alone in
its session, so that Ctrl-C reaches only us, and it is gone for certain when `close` returns.
"""

import json
import os
import selectors
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from host_tools.errors import CloisterError
from host_tools.simulator.console import Console

READ_BYTES = 65_536
SILENCE_S = 120  # a firmware that says nothing for so long does not let time pass
LOG_TAIL_BYTES = 65_536

Message = dict[str, Any]


class Recorder:
    """A running interpreter; iterate over `messages` until it has ended."""

    def __init__(self, command: list[str], setup: Message, console: Console | None):
        self._console = console
        self._folder = tempfile.TemporaryDirectory(prefix="cloister-")
        self._log_path = Path(self._folder.name) / "log"
        self._messages, out = os.pipe()
        replies, self._replies = os.pipe()
        setup |= {"out": f"/dev/fd/{out}", "replies": f"/dev/fd/{replies}"}
        setup["scratch"] = str(Path(self._folder.name) / "unflushed")
        setup_path = Path(self._folder.name) / "setup.json"
        setup_path.write_text(json.dumps(setup))
        try:
            self._process = self._start([*command, str(setup_path)], (out, replies), setup["firmware"])
        except OSError as error:
            raise CloisterError(f"the interpreter does not start: {error}") from None
        finally:
            os.close(out)
            os.close(replies)

    def _start(self, command: list[str], pipes: tuple[int, int], firmware: str) -> subprocess.Popen[bytes]:
        with self._log_path.open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if self._console is None else self._console.power_on(),
                stdout=log if self._console is None else subprocess.PIPE,
                stderr=log,
                pass_fds=pipes,
                cwd=firmware,
                start_new_session=True,
            )

    def messages(self) -> Iterator[Message]:
        """What the recorder says, in order, until it is gone; the console is served meanwhile."""
        waiting = b""
        with selectors.DefaultSelector() as selector:
            self._register(selector)
            while True:
                ready = selector.select(SILENCE_S)
                if not ready:
                    raise CloisterError("the firmware does not let time pass: it waits without sleeping")
                for key, _ in ready:
                    if key.fd != self._messages:
                        key.data(selector)
                        continue
                    data = os.read(self._messages, READ_BYTES)
                    if not data:
                        return
                    *lines, waiting = (waiting + data).split(b"\n")
                    for line in lines:
                        yield json.loads(line)

    def answer(self, message: Message) -> None:
        """Answer the recorder's last request."""
        os.write(self._replies, json.dumps(message).encode() + b"\n")

    def log(self) -> str:
        """The end of what the interpreter printed (without a console) and complained of."""
        with self._log_path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")

    def close(self) -> None:
        """End the interpreter if it still runs, and clean up."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            if self._console is not None:  # what it said last may still be on its way
                self._console.show(self._process.stdout.read())
            self._process.stdout.close()
        os.close(self._messages)
        os.close(self._replies)
        self._folder.cleanup()

    def _register(self, selector: selectors.BaseSelector) -> None:
        selector.register(self._messages, selectors.EVENT_READ)
        if self._console is not None:
            assert self._process.stdout is not None
            console, output = self._console, self._process.stdout.fileno()
            take: Callable[[object], None] = lambda _: console.take()  # noqa: E731
            selector.register(console.master, selectors.EVENT_READ, take)
            selector.register(output, selectors.EVENT_READ, lambda s: self._show(s, output))

    def _show(self, selector: selectors.BaseSelector, output: int) -> None:
        data = os.read(output, READ_BYTES)
        if data and self._console is not None:
            self._console.show(data)
        else:
            selector.unregister(output)

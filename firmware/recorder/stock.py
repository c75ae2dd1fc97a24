"""The container that waits to be used next, and what else the card has room for.

Prepared while idle, all at once; or beside a recording that will outgrow its container, a step at a time,
when that has five minutes left. If there is no room for another one by then, the lights can say so in time.
"""

import gc

from crypto.words import wipe
from micropython import const
from recorder import errors, overlay
from recorder import format as layout
from recorder.encapsulate import SCRATCH_BYTES

AHEAD_S = const(300)
_SECTOR_BYTES = const(512)
_AGAIN_S = const(10)
_LEAST_MINUTES = const(10)  # with less room there is no sense in starting
_LEAST_MORE_MINUTES = const(1)  # nor in going on
# What may be loaded while a container is prepared.
_PREPARING = (
    "recorder.place",
    "recorder.keys",
    "recorder.encapsulate",
    "recorder.prepare",
    "recorder.header",
)


class Stock:
    """`present`, `free_bytes` and `containers` tell of the card as it was when it was last looked at.

    `full`: there is no room for a container to go on in. `few_keys`: few one-time keys are left.
    """

    def __init__(self, parts):
        self._parts = parts
        self._container = None
        self._steps = None
        self._has_told = False
        self.full = False  # found so while preparing beside this recording
        self._ahead_s = AHEAD_S  # with how much room left it is begun, or tried again
        self.present = self.few_keys = False
        self.free_bytes = self.containers = 0

    def prepare(self):
        """Prepare the next container; raises what is wrong with card, keys or the recorder's own files."""
        self._has_told = False
        try:
            for _ in self._prepare(_LEAST_MINUTES, self._parts.stream.block):
                self._parts.feed()
        except MemoryError:
            raise errors.OutOfMemory("too little memory to prepare a container")
        finally:
            self._end()
        self.count()

    def look(self):
        """Find the card; raises CardMissing, CardFault."""
        self.present = False
        self._parts.card.mount()
        self.present = True
        overlay.fetch("recorder.mend").finish(self._parts)
        overlay.forget("recorder.mend")
        self.count()

    def count(self):
        """Look at the card's room and containers anew; raises CardFault."""
        try:
            self.free_bytes = self._parts.card.free_bytes()
            self.containers = self._parts.card.containers()
        except OSError:
            raise errors.CardFault("the card cannot be read")

    def _prepare(self, least_minutes, scratch):
        """A generator of the work; each part's module is forgotten before the next one is loaded.

        scratch: SCRATCH_BYTES to work in, in one piece, taken before what is loaded breaks up what is free.
        """
        sector = memoryview(scratch)[:_SECTOR_BYTES]
        parts = self._parts
        minutes = parts.settings["container_minutes"]
        secrets = []
        try:
            overlay.fetch("recorder.keys")  # an import inside an import needs more stack
            place = overlay.fetch("recorder.place").Place(parts, sector)
            try:
                place.find(self._blocks(minutes), self._blocks(least_minutes))
            finally:
                self._note(place.is_damaged)
            self.few_keys = place.few_keys
            had_bytes, blocks, recipients = place.had_bytes, place.blocks, place.recipients
            place = None
            overlay.forget("recorder.place", "recorder.keys")
            yield
            yield from self._encapsulate(recipients, secrets, scratch)
            ids = [recipient[0] for recipient in recipients]
            overlay.fetch("recorder.header")
            work = overlay.fetch("recorder.prepare").Preparation(parts, ids, secrets, sector)
            yield from work.steps(had_bytes, blocks)
            self._container = work.container
        except OSError:
            raise errors.CardFault("the card fails while a container is prepared")
        finally:
            for secret in secrets:
                wipe(secret)

    def _encapsulate(self, recipients, secrets, scratch):
        """What fails here is the recorder's own flash, and not the card."""
        try:
            self._parts.entropy.refresh()
            yield from overlay.fetch("recorder.encapsulate").steps(self._parts, recipients, secrets, scratch)
        except OSError:
            raise errors.StoreDamaged("the recorder's own files cannot be read or written")
        overlay.forget("recorder.encapsulate")

    def _note(self, is_damaged):
        """Tell of damaged keys in the log, once until the recorder is idle again: it takes few entries."""
        if is_damaged and not self._has_told:
            self._parts.log.note("fault", errors.StoreDamaged.code)
            self._has_told = True

    def _blocks(self, minutes):
        """How many blocks a container of `minutes` takes, header and events included."""
        return 80 + minutes * 60 * self._parts.settings["rate"] // self._frames()

    def _frames(self):
        """How many frames go into a segment."""
        return layout.PCM_BYTES_PER_SEGMENT // (layout.SAMPLE_BYTES * self._parts.settings["channels"])

    def _end(self):
        steps, self._steps = self._steps, None
        if steps is not None:
            try:
                steps.close()
            except errors.CardFault:
                pass  # closing its file has failed, and the card was let go of: who writes to it will see
        overlay.forget(*_PREPARING)

    def look_ahead(self, seconds_left):
        """Beside a recording whose container has room for that much more: take a step, if one is due."""
        if self._container is not None or self.full or seconds_left >= self._ahead_s:
            return
        try:
            if self._steps is None:
                self._parts.laptop.release()
                gc.collect()
                self._steps = self._prepare(_LEAST_MORE_MINUTES, bytearray(SCRATCH_BYTES))
            next(self._steps)  # type: ignore[arg-type]
        except StopIteration:
            self._end()
        except Exception as failure:  # noqa: BLE001 - the recording does not suffer from it
            self.full = isinstance(failure, (errors.CardFull, errors.NoKeys))
            self._ahead_s = seconds_left - _AGAIN_S
            self._end()

    def runs_out(self, seconds_left):
        """True if less than five minutes are known to be left, the next container included."""
        if self._container is not None:
            seconds_left += self.seconds(self._container)
        tried = self._container is not None or self.full or self._ahead_s < AHEAD_S
        return tried and seconds_left < AHEAD_S

    def seconds(self, container):
        """How many seconds of sound still go into a container."""
        return container.segments_left * self._frames() // self._parts.settings["rate"]

    def ready(self):
        """True if there is a container to go on in; one on its way is prepared to the end."""
        self._ahead_s = AHEAD_S
        self.look_ahead(0)
        while self._steps is not None:
            self.look_ahead(0)
        return self._container is not None

    def take(self):
        """Hand over the waiting container."""
        container, self._container = self._container, None
        self.full = False
        self._ahead_s = AHEAD_S
        return container

    @property
    def waits(self):
        """True if a container waits that is large enough to start with."""
        return self._container is not None and self.seconds(self._container) >= _LEAST_MINUTES * 60

    @property
    def cut_short(self):
        """True if the waiting container is smaller than wanted: the card is nearly full."""
        wanted_s = self._parts.settings["container_minutes"] * 60
        return self._container is not None and self.seconds(self._container) < wanted_s

    def check(self):
        """See that the card is still there, while nothing is written to it; raises CardMissing."""
        try:
            self._parts.card.look()
        except OSError:
            self.present = False
            raise errors.CardMissing("the card is gone")

    def discard(self):
        """Let go of a container that is prepared and not used; its number and key stay with it."""
        self.full = False
        self._ahead_s = AHEAD_S
        if self._steps is not None:
            self._end()
        container, self._container = self._container, None
        if container is not None:
            try:
                container.close()
            except errors.CardFault:
                pass  # nothing was recorded in it, and the card is looked at anew before the next one

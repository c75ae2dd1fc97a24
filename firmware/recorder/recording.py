"""One recording under way, from the last consent to its end, through pauses and several containers.

The red light's circuit loses power the moment somebody pauses or stops; what the driver still holds of the
time before is written, and nothing of the time after. Sample indices go on through the parts.
"""

import gc

from micropython import const
from recorder import format as layout
from recorder import overlay, session
from recorder.errors import CardFault, CardMissing, MicrophoneFault
from recorder.flow import Flow
from recorder.stock import AHEAD_S

# Collect after so many bytes, not only when memory has run out: what lasts then lies close together, and what
# is free stays in large pieces. While recording there is a collection after each audio buffer anyway.
GARBAGE_BYTES = const(4096)
_GARBAGE_RECORDING_BYTES = const(8192)


class Recording:
    """`reason` is why it ends, in END's words; None while it goes on. `cause`: the fault, if it is one.

    parts: what the recorder consists of. stock: where the next container comes from.
    on_safe: as Flow has it.
    """

    def __init__(self, parts, stock, on_safe):
        self._parts = parts
        self._stock = stock
        self._segments = parts.segments
        self.flow = Flow(parts.capture, parts.segments, parts.settings, parts.skip_frames, on_safe)
        self._container = None
        self._used = []  # what a destruction has to know of each part
        self._started = None
        self._part_lost = 0  # losses before this part
        self.reason = self.cause = self._told = None
        self.pausing = self.paused = False
        self.busy = False  # whether the last step took sound
        self.waits = False  # whether there is nothing to do but wait, for as long as can be

    def start(self):
        """Start the microphone; put the SESSION record and each party's consent on the card at once."""
        gc.threshold(_GARBAGE_RECORDING_BYTES)
        self.flow.open()
        self._started = session.started(self._parts.clock)
        self._begin_part()
        for party in range(self._parts.settings["parties"]):
            self.flow.event("consent", 0, party=party + 1)
        self._segments.write(0)

    def _begin_part(self):
        """Take the next container; it is marked used before anything is encrypted under its key."""
        parts = self._parts
        container = self._container = self._stock.take()
        previous = parts.journal.use(container.seal_hex)
        part = len(self._used)
        self._used.append(
            {
                "number": container.number,
                "name": container.name,
                "suite": container.suite,
                "key": container.key,
                "erase": False,
            }
        )
        drawn = parts.entropy.draw(layout.SALT_BYTES + layout.NONCE_PREFIX_BYTES)
        about = session.describe(parts.settings, parts.clock, self._started, part, previous)
        salt, prefix = drawn[: layout.SALT_BYTES], drawn[layout.SALT_BYTES :]
        self._segments.begin(container, about, self.flow.channels, salt, prefix)
        self._part_lost = self.flow.lost
        if parts.settings["retention_days"] and parts.clock.day() is not None:
            overlay.fetch("recorder.struck")  # an import inside an import needs more stack
            overlay.fetch("recorder.expiry").note(parts, self._used[-1])
            overlay.forget("recorder.expiry", "recorder.struck")

    def pause(self):
        """Rest: the microphone loses its power, what was before is written."""
        if self.reason is None and not self.pausing:
            self.pausing = True
            self.flow.cut(None)

    def resume(self):
        """Go on after a pause."""
        self.paused = False
        self.flow.open()
        self.flow.event("resume", self.flow.index)

    def stop(self, reason, at=None, **fields):
        """Record nothing from sample `at` (by default: now) on; step() writes what came before it.

        The event that tells of the reason, if one does, gets `fields`. Without `at` the microphone loses its
        power, and the light goes out, here and now.
        """
        if self.reason is None:
            self.reason = reason
            if not self.paused and not self.pausing:
                self.flow.cut(at)
            self._told = fields if reason == "stop" or fields else None

    def step(self):
        """Do at most one segment's work; True once the recording rests, or is finished and closed.

        Raises CardFault, perhaps others; then close_after() is the caller's next call. A microphone that
        fails ends the recording with reason `fault`, and what there is of it is kept.
        """
        was_busy, self.busy = self.busy, False
        flow = self.flow
        self.waits = self.paused
        if self.paused or flow.over():
            return self._rest()
        if flow.reaches_limit and flow.until is None:
            self.stop("limit", flow.limit)
        if self._container.segments_left <= self._segments.segments_to_finish():
            self._go_on_or_stop()
            return False
        took = flow.step()
        if took is None or flow.steady:
            self.fail(MicrophoneFault("the microphone delivers no sound"))
        self.busy = bool(took)
        self.waits = was_busy and not took and flow.is_far_ahead
        return False

    def fail(self, fault):
        """End the recording, as it is, for a fault that leaves the card as good as it was."""
        if self.reason is None:
            self.cause = fault
            self.stop("fault", self.flow.index, code=fault.code)
        self.flow.until = self.flow.index

    def _rest(self):
        """Everything before the cut is placed: finish, or wait for what follows the pause."""
        if self.reason is not None:
            self._finish()
            return True
        if self.pausing:
            self.pausing = False
            self.paused = True
            self.flow.settle()
            self.flow.event("pause", self.flow.until)
            self._close_microphone()
            self.flow.write()
            return True
        return False

    def _close_microphone(self):
        """Stop it; what is left of the sound serves as randomness, and is zeroed."""
        self.flow.close()
        self._parts.entropy.add(self._parts.capture.noise())
        self._parts.capture.clear()

    def _go_on_or_stop(self):
        """The container is full: go on in the next one, or end here."""
        if self._stock.ready():
            self._end_part("continued")
            self._begin_part()
            return
        if self._stock.full:
            self.stop("card", self.flow.index)
        else:
            self.fail(CardFault("the next container cannot be prepared"))
        self.flow.until = self.flow.index  # whatever else it was to stop for

    def _end_part(self, reason):
        flow = self.flow
        flow.settle()
        flow.finish({"samples": flow.index, "lost": flow.lost - self._part_lost, "reason": reason})
        self._container.close()
        self._parts.journal.close(flow.index)

    def _finish(self):
        self._close_microphone()
        gc.threshold(GARBAGE_BYTES)
        if self._told is not None:
            self.flow.settle()
            self.flow.event(self.reason, self.flow.until, **self._told)
        self._end_part(self.reason)

    @property
    def seconds_left(self):
        """How many seconds still go into this container."""
        return self._stock.seconds(self._container)

    @property
    def near_limit(self):
        """True within five minutes of the longest recording allowed."""
        return self.flow.limit and self.flow.limit - self.flow.index < AHEAD_S * self.flow.rate_hz

    def close_after(self, fault):
        """Stop at once after a fault, with an END if the card may take one; keys are zeroed in any case.

        What it raises comes after that.
        """
        if isinstance(fault, (CardFault, CardMissing)) or not self._has_finished(fault):
            self._abandon()
            self._parts.journal.close()

    def _has_finished(self, fault):
        try:
            self.fail(fault)
            self._finish()
        except Exception:  # noqa: BLE001 - whatever broke the recording has broken this, too
            return False
        return True

    def _abandon(self):
        self.flow.close()
        gc.threshold(GARBAGE_BYTES)
        self._segments.drop()
        if self._container is not None:
            try:
                self._container.close()
            except CardFault:
                pass  # the fault that led here is already being told
        self._close_microphone()

    def destroy(self):
        """Stop at once and return what has to be destroyed: all parts, as Journal.striking has them."""
        self._abandon()
        return self._used

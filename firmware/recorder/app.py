"""The recorder's states and what moves it from one to another.

One table says which gesture does what in which state; step() is called for ever from main.py and never
takes long while a recording is under way. Whatever goes wrong ends in the state `fault` with a code that
the lights count; an exception that nobody foresaw does so too.
"""

from recorder import errors, gestures, observer, session
from recorder import format as layout
from recorder.consent import Consent
from recorder.container import capacity_blocks
from recorder.gestures import Button
from recorder.recording import Recording

BUSY = ("consent", "recording", "closing")  # states in which nothing that a recording rests on may change

# state: {gesture: what is done}
_TABLE = {
    "ready": {gestures.DOWN: "_consent"},
    "consent": {gestures.DOWN: "_consent"},
    "recording": {gestures.DOUBLE: "_mark", gestures.HOLD: "_stop"},
    "fault": {gestures.HOLD: "_try_again"},
}


class App:
    """The recorder. `parts`: the objects that main.py wires together; see there."""

    def __init__(self, parts):
        self._parts = parts
        self._ticks = parts.ticks
        self._buttons = (Button(self._ticks), Button(self._ticks))
        self._container = None
        self._recording = None
        self._consents = None
        self._safe_seconds = 0
        self._must_prepare = False
        self.faults = 0
        self.lost_samples = 0
        self.fault_code = 0
        self.card_present = False
        self.card_free_bytes = self.card_containers = 0
        self.state = None
        self._cause = None  # of a recording's end, if that was a fault
        self._enter("closing" if parts.identity.provisioned else "unprovisioned")
        self.prepare_again()

    def _enter(self, state, fault_code=0):
        self.state = state
        self.fault_code = fault_code
        for button in self._buttons:
            button.set_aside()
        self._parts.lights.show(state, self._ticks.ticks_ms(), fault_code)
        observer.tell("state", state)

    def step(self):
        """Do what is due now, often; True if more may wait already. Raises nothing."""
        busy = False
        self._parts.feed()
        now_ms = self._ticks.ticks_ms()
        try:
            self._parts.clock.tick()
            self._take_gestures(now_ms)
            busy = self._go_on(now_ms)
        except errors.CloisterFault as fault:
            self._fail(fault, fault.code)
        except Exception as fault:  # noqa: BLE001 - shown by the lights, whatever it was
            self._fail(fault, errors.CloisterFault.code)
        self._parts.lights.poll(now_ms)
        self._parts.console.poll()
        return busy

    def _take_gestures(self, now_ms):
        for i in (0, 1):
            gesture = self._buttons[i].poll(self._parts.buttons.closed(i), now_ms)
            if gesture is not None and self.state in _TABLE:
                action = _TABLE[self.state].get(gesture)
                if action is not None:
                    getattr(self, action)(i, now_ms)

    def _go_on(self, now_ms):
        """Go on with a recording, or what follows it; True if sound was taken, so that more may wait."""
        if self._recording is not None:
            if self.state == "recording" and not self._parts.indicator.red_flows():
                self._cause = errors.LightFault("no current through the red light")
                self._recording.stop("fault")
            if self._recording.step():
                self._finished()
                return False
            if self._recording.reason is not None and self.state == "recording":
                self._enter("closing")
            return self._recording.busy
        if self._must_prepare:
            self._prepare()
        elif self.state == "consent" and self._consents.expired(now_ms):
            self._enter("ready")
        return False

    def _fail(self, fault, code):
        observer.tell("fault", str(fault) if isinstance(fault, errors.CloisterFault) else repr(fault))
        self.faults += 1
        if self._recording is not None:
            self._recording.abandon()
            self.lost_samples += self._recording.lost
            self._recording = None
        self._discard()
        self._parts.card.unmount()
        self._must_prepare = False
        self._enter("fault", code)

    def prepare_again(self):
        """Have the next container prepared anew, with the keys and settings as they are now."""
        if self._parts.identity.provisioned:
            self._must_prepare = True

    def _discard(self):
        """Let go of a container that is prepared and not used; its number and key stay with it."""
        container, self._container = self._container, None
        if container is not None:
            try:
                container.close()
            except errors.CardFault:
                pass  # nothing was recorded in it, and the card is looked at anew before the next one

    def _prepare(self):
        self._must_prepare = False
        self._discard()
        if self.state != "closing":
            self._enter("closing")
        parts = self._parts
        card = parts.card
        self.card_present = False
        card.mount()
        self.card_present = True
        settings = parts.settings
        if settings.damaged:
            raise errors.StoreDamaged("the stored settings cannot be read")
        blocks = capacity_blocks(settings["rate"], settings["channels"], settings["container_minutes"])
        self._container = parts.preparer.prepare(parts.stream.block, blocks, parts.feed)
        self.card_free_bytes = card.free_bytes()
        self.card_containers = card.containers()
        if self._container is None:
            raise errors.NoKeys("no key was ever loaded")
        self._enter("ready")

    def _consent(self, button, now_ms):
        settings = self._parts.settings
        if self.state == "ready":
            window_ms = settings["consent_window_s"] * 1000
            self._consents = Consent(settings["parties"], window_ms, self._ticks, now_ms)
            self._enter("consent")
        if self._consents.press(button):
            self._begin()

    def _begin(self):
        """Everyone has consented: check the light, mark the container used, start the microphone."""
        parts = self._parts
        parts.microphone.power(True)
        if not parts.indicator.red_flows():
            parts.microphone.power(False)
            raise errors.LightFault("no current through the red light")
        self._recording = Recording(
            self._container,
            parts.capture,
            parts.segments,
            parts.settings,
            parts.skip_frames,
            self._event,
            self._safe,
        )
        container, self._container = self._container, None
        self._cause = None
        self._safe_seconds = 0
        previous = parts.journal.use(container.seal_hex)
        start = parts.entropy.draw(layout.SALT_BYTES + layout.NONCE_PREFIX_BYTES)
        about = session.describe(parts.settings, parts.clock, 0, previous)
        salt, prefix = start[: layout.SALT_BYTES], start[layout.SALT_BYTES :]
        self._recording.start(about, parts.settings["parties"], salt, prefix)
        self._enter("recording")

    def _event(self, payload):
        observer.tell("event", payload)

    def _safe(self, samples):
        seconds = samples // self._parts.settings["rate"]
        if seconds > self._safe_seconds:
            self._safe_seconds = seconds
            self._parts.lights.blip(self._ticks.ticks_ms())

    def _mark(self, _button, _now_ms):
        self._recording.event("mark")

    def _stop(self, _button, _now_ms):
        self._recording.stop("stop")

    def _finished(self):
        recording, self._recording = self._recording, None
        self._parts.journal.close(recording.samples)
        self._parts.entropy.add(self._parts.capture.noise())
        self.lost_samples += recording.lost
        if recording.reason == "fault":
            raise self._cause or errors.MicrophoneFault("the microphone delivers no sound")
        self.prepare_again()

    def _try_again(self, _button, _now_ms):
        self.prepare_again()

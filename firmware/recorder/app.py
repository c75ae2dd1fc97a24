"""The recorder: what moves it from one state of states.py to another.

step() is called for ever, and never takes long while a recording is under way. Whatever goes wrong ends in
the state `fault`, with a code that the lights count: the recording is closed as far as can be, its keys go.
"""

from micropython import const
from recorder import erasing, errors, observer, states
from recorder.attention import Attention
from recorder.consent import Consent
from recorder.gestures import Gestures
from recorder.recording import Recording
from recorder.stock import Stock

_SECOND_MS = const(1000)
_GRACE_MS = const(700)  # a press so soon after the one that completed the consent was meant for consent, too
_SHOWN_MS = const(3000)  # how long it is to be seen that a recording was destroyed


class App:
    """The recorder. `parts`: what wiring.py puts together. `scrub`: overwriting that is still to be done."""

    def __init__(self, parts, scrub=None):
        self.parts = parts
        self.stock = Stock(parts)
        self._attention = Attention(parts, self.stock)
        self._ticks = parts.ticks
        self._gestures = Gestures(parts.buttons.closed, parts.ticks)
        self._recording = self._consents = None
        self._second_ms = self._ticks.ticks_ms()
        self._must_prepare = False
        self._scrub = None
        self.must_expire = parts.settings["erase_expired"]
        self.must_restart = False
        self.faults = self.lost_samples = 0
        if scrub is None:
            self.end_wiping()
        else:
            self.scrub(scrub)

    def _enter(self, state, fault_code=0):
        self.state = state
        self.fault_code = fault_code
        self._consents = None
        now_ms = self._ticks.ticks_ms()
        self._gestures.set_aside(now_ms, _GRACE_MS if state == "recording" else 0)
        self.parts.lights.show(state, now_ms, fault_code)
        observer.tell("state", state)

    def step(self):
        """Do what is due now, often; True if more may wait already. Raises nothing."""
        busy = False
        parts = self.parts
        parts.feed()
        now_ms = self._ticks.ticks_ms()
        try:
            self._take_gesture(now_ms)
            if self._consents is not None and self._consents.expired(now_ms):
                self._give_up_consent(now_ms)
            if self._ticks.ticks_diff(now_ms, self._second_ms) >= _SECOND_MS:
                self._second_ms = now_ms
                self._look_around(now_ms)
            busy = self._go_on()
        except errors.CloisterFault as fault:
            self._fail(fault)
        except Exception as fault:  # noqa: BLE001 - shown by the lights, whatever it was
            self._fail(errors.CloisterFault(repr(fault)))
        parts.lights.poll(self._ticks.ticks_ms())
        parts.laptop.poll()
        return busy

    def _take_gesture(self, now_ms):
        gesture = self._gestures.poll(now_ms)
        if gesture is not None and self.state in states.GESTURES:
            action = states.GESTURES[self.state].get(gesture)
            if action is not None:
                getattr(self, action)()

    def _give_up_consent(self, now_ms):
        """The window has run out."""
        self._consents = None
        if self.state == "consent":
            self._enter("ready")
        else:
            self.parts.lights.show(self.state, now_ms)

    def _look_around(self, now_ms):
        """Once a second: what runs out, and buttons that stay down."""
        recording = self._recording
        self.parts.clock.tick()
        self._attention.look(recording, self.state)
        if recording is not None and self._attention.battery_empty:
            recording.stop("battery", mv=self._attention.battery_mv)
        if self.state == "ready" and self._gestures.stuck(now_ms):
            raise errors.ButtonStuck("a button is stuck")

    def _go_on(self):
        """Go on with a recording, or what follows it; True if sound was taken, so that more may wait."""
        recording = self._recording
        if recording is None:
            if self._scrub is not None:
                self._go_on_scrubbing()
            elif self._must_prepare:
                self._prepare()
            return False
        if recording.flow.until is None and not self.parts.indicator.red_flows():
            recording.fail(errors.LightFault("no current through the red light"))
        if recording.step():
            if recording.reason is None:
                self._enter("paused")
            else:
                self._finished()
            return False
        if recording.reason is not None and self.state != "closing":
            self._enter("closing")
        if recording.waits:
            self.stock.look_ahead(recording.seconds_left)
        return recording.busy

    def _fail(self, fault):
        observer.tell("fault", str(fault))
        self.faults += 1
        self.parts.log.note("fault", fault.code)
        recording, self._recording = self._recording, None
        if recording is not None:
            try:
                recording.close_after(fault)
            except Exception as failure:  # noqa: BLE001 - whatever broke the recording has broken this, too
                observer.tell("fault", repr(failure))
            self.lost_samples += recording.flow.lost
        self.stock.discard()
        self.parts.card.unmount()
        self.stock.present = self.stock.present and not isinstance(fault, errors.CardFault)
        erasing.forget()
        self._must_prepare = False
        self._enter("fault", fault.code)
        self.parts.log.flush()

    def prepare_again(self):
        """Have the next container prepared anew, with the keys and settings as they are now."""
        if self.parts.identity.provisioned:
            self._must_prepare = True

    def refuse_while_busy(self):
        """Raise Refused in a state in which nothing may change."""
        if self.state in states.BUSY:
            raise errors.Refused("state", "not while the recorder is %s" % self.state)

    def begin_wiping(self):
        """Let the card go, for a laptop's request to do with it what it has to. Raises Refused."""
        self.refuse_while_busy()
        self.stock.discard()
        self.parts.card.unmount()
        self._must_prepare = False
        self._enter("wiping")

    def end_wiping(self):
        """Go on as after the start."""
        self._enter("closing" if self.parts.identity.provisioned else "unprovisioned")
        self.prepare_again()

    def stop_now(self):
        """End a recording under way properly, at once, for somebody who holds both buttons."""
        if self._recording is not None:
            self._recording.stop("stop")
            while not self._recording.step():
                self.parts.feed()
            self._recording.cause = None  # a fault just then is not shown any more: a restart follows
            self._finished()
        self.stock.discard()

    def scrub(self, work):
        """Have `work` go on, step by step, until it is done: overwriting what a former owner left."""
        self._must_prepare = False
        self._scrub = work
        self._enter("wiping")

    def _go_on_scrubbing(self):
        if self._scrub.step():
            self._scrub = None
            self._enter("unprovisioned")

    def _prepare(self):
        self._must_prepare = False
        parts = self.parts
        parts.laptop.release()
        self.stock.discard()
        if self.state != "closing":
            self._enter("closing")
        self.stock.look()
        parts.indicator.dim(parts.settings["indicator"])
        if parts.settings.damaged:
            raise errors.StoreDamaged("the stored settings cannot be read")
        self._clean_up()
        parts.laptop.release()  # it may have been heard meanwhile
        self.stock.prepare()
        self._wait_for_consent()

    def _clean_up(self):
        """Finish what was to be destroyed, and destroy what has expired."""
        parts = self.parts
        erasing.finish(parts)
        if self.must_expire and parts.settings["erase_expired"] and erasing.is_due(parts):
            self._enter("wiping")
            erasing.expire(parts)
            self._enter("closing")
        self.must_expire = False
        erasing.forget()

    def _wait_for_consent(self):
        self._attention.look_at_stock()
        self._enter("ready")
        self.parts.log.flush()

    def consent(self):
        """A party consents to a recording; the last one starts it."""
        now_ms = self._ticks.ticks_ms()
        if self.state == "ready":
            if self._attention.battery_empty:
                raise errors.BatteryEmpty("the battery is empty")
            self._enter("consent")
        if self._all_consent(now_ms):
            self.parts.laptop.release()
            self._light_the_red()
            self._safe_seconds = 0
            self._recording = Recording(self.parts, self.stock, self._safe)
            self._recording.start()
            self._enter("recording")
            self.parts.log.note("start")

    def _all_consent(self, now_ms):
        if self._consents is None:
            self._consents = Consent(self.parts.settings, self._ticks, now_ms)
        done = self._consents.press(self._gestures.button)
        self.parts.lights.count(self._consents.shown, now_ms)
        return done

    def _light_the_red(self):
        """Give the microphone power, and see that the light says so."""
        microphone = self.parts.microphone
        microphone.power(True)
        if not self.parts.indicator.red_flows():
            microphone.power(False)
            raise errors.LightFault("no current through the red light")

    def pause(self):
        """Rest, off the record."""
        self._recording.pause()

    def resume(self):
        """A party consents to go on; the last one resumes."""
        if self._all_consent(self._ticks.ticks_ms()):
            self._light_the_red()
            self._recording.resume()
            self._enter("recording")

    def mark(self):
        """Mark this moment."""
        self._recording.flow.mark()

    def stop(self):
        """End the recording."""
        self._recording.stop("stop")

    def destroy(self):
        """Destroy the recording under way, all parts of it, on the spot."""
        recording, self._recording = self._recording, None
        entries = recording.destroy()
        self._enter("wiping")
        erasing.destroy(self.parts, entries)
        self.parts.feed()
        self._ticks.sleep_ms(_SHOWN_MS)
        self.prepare_again()

    def recover(self):
        """Try again after a fault, if its cause is gone as far as that can be seen."""
        if self._attention.battery_empty:
            raise errors.BatteryEmpty("the battery is empty")
        if self.fault_code == errors.LightFault.code:
            self._light_the_red()
            self.parts.microphone.power(False)
        self.end_wiping()

    def _safe(self, samples):
        seconds = samples // self.parts.settings["rate"]
        if seconds > self._safe_seconds:
            self._safe_seconds = seconds
            self.parts.lights.blip(self._ticks.ticks_ms())

    def _finished(self):
        recording, self._recording = self._recording, None
        self.lost_samples += recording.flow.lost
        self.parts.log.note("stop")
        if recording.cause is not None:
            raise recording.cause
        if self.stock.waits:
            self.stock.count()
            self._wait_for_consent()
        else:
            self.prepare_again()

"""The path from the microphone to the card allocates hashlib's objects, and nothing that lasts."""

import json
from pathlib import Path

SCRIPT = Path(__file__).parent / "scripts" / "measure_recording_heap.py"


def test_a_thousand_segments_leave_the_heap_as_it_was(micropython):
    measured = json.loads(micropython.output(SCRIPT))
    assert measured["segments"] > 1000
    assert measured["lasting"] == 0


def test_a_step_of_sound_allocates_no_buffer(micropython):
    measured = json.loads(micropython.output(SCRIPT))
    words = micropython.bits // 32
    # hashlib's objects for one segment, and once per buffer a few integers for the clock.
    assert measured["most"] <= 400 * words + 320 * words

"""Playing: exactly the samples asked for, whatever keys are pressed, and no more in memory than allowed."""

from collections.abc import Generator

import numpy as np
import pytest

from host_tools.audio.pcm import Span
from host_tools.audio.playing import SKIP_S, Action, Place, Player, Tape
from tests.audio.heard import Sink, Typed

RATE = 800
SOUND = np.arange(60 * RATE, dtype=np.int16)[:, None]
PIECE = RATE // 10
SKIP = SKIP_S * RATE
WHOLE = Span(0, len(SOUND))


class Deck:
    """Unwinds SOUND from a span's beginning, and counts how often; `torn` is where it ends too early."""

    def __init__(self, span: Span, block: int = 1000, torn: int | None = None):
        self.span, self.block, self.torn = span, block, torn
        self.unwound = 0

    def __call__(self) -> Generator[np.ndarray, None, None]:
        self.unwound += 1
        until = self.span.until if self.torn is None else self.torn
        for first in range(self.span.first, until, self.block):
            yield SOUND[first : min(first + self.block, until)]


def played(
    *presses: tuple[int, Action], span: Span = WHOLE, marks=(), torn: int | None = None
) -> tuple[Sink, list[Place], Player]:
    sink, places = Sink(), []
    keys = Typed(lambda: sink.frames, presses)
    tape = Tape(Deck(span, torn=torn), span)
    player = Player(tape, span, RATE, marks, sink, keys, places.append)
    player.run()
    return sink, places, player


def test_without_a_key_every_sample_is_played_once_and_heard_to_its_end() -> None:
    sink, places, player = played()
    assert np.array_equal(sink.samples, SOUND)
    assert max(len(piece) for piece in sink.pieces) == PIECE
    assert sink.stills == [("finish", len(SOUND))]
    assert player.index == len(SOUND) and places[-1] == Place(len(SOUND), False)


def test_a_span_is_played_and_nothing_beside_it() -> None:
    sink, _, _ = played(span=Span(12_345, 23_456))
    assert np.array_equal(sink.samples, SOUND[12_345:23_456])


def test_a_pause_loses_nothing() -> None:
    sink, places, _ = played((PIECE * 3, Action.PAUSE), (0, Action.PAUSE))
    assert np.array_equal(sink.samples, SOUND)
    assert sink.stills[0] == ("finish", 3 * PIECE)
    assert Place(3 * PIECE, True) in places


def test_left_and_right_go_ten_seconds_within_the_span() -> None:
    at = 15 * RATE
    sink, _, _ = played((at, Action.BACK), (at + SKIP, Action.FORWARD))
    back_to = at - SKIP
    again_until = back_to + SKIP
    expected = [SOUND[:at], SOUND[back_to:again_until], SOUND[again_until + SKIP :]]
    assert np.array_equal(sink.samples, np.concatenate(expected))
    assert [kind for kind, _ in sink.stills] == ["drop", "drop", "finish"]


def test_nobody_gets_before_the_beginning_or_past_the_end() -> None:
    span = Span(5 * RATE, 20 * RATE)
    sink, _, player = played(
        (PIECE, Action.BACK), (2 * PIECE, Action.FORWARD), (0, Action.FORWARD), span=span
    )
    begins = (span.first, span.first, span.first + PIECE + SKIP)
    assert np.array_equal(sink.samples, np.concatenate([SOUND[first : first + PIECE] for first in begins]))
    assert player.index == span.until


def test_keys_are_answered_while_paused() -> None:
    sink, places, _ = played((PIECE, Action.PAUSE), (0, Action.FORWARD), (0, Action.PAUSE))
    assert np.array_equal(sink.samples, np.concatenate([SOUND[:PIECE], SOUND[PIECE + SKIP :]]))
    assert Place(PIECE + SKIP, True) in places


def test_m_goes_to_the_next_mark_of_the_span() -> None:
    span = Span(10 * RATE, 50 * RATE)
    marks = (RATE, 20 * RATE, 30 * RATE, 55 * RATE)
    sink, _, _ = played(
        (PIECE, Action.NEXT_MARK),
        (2 * PIECE, Action.NEXT_MARK),
        (3 * PIECE, Action.NEXT_MARK),
        span=span,
        marks=marks,
    )
    pieces = [SOUND[first : first + PIECE] for first in (span.first, marks[1])]
    assert np.array_equal(sink.samples, np.concatenate([*pieces, SOUND[marks[2] : span.until]]))


def test_quitting_is_still_at_once() -> None:
    sink, _, player = played((7 * PIECE, Action.QUIT))
    assert sink.stills == [("drop", 7 * PIECE)]
    assert player.index == 7 * PIECE


def test_quitting_while_paused_ends_it() -> None:
    sink, _, _ = played((PIECE, Action.PAUSE), (0, Action.QUIT))
    assert np.array_equal(sink.samples, SOUND[:PIECE])


def test_it_ends_where_the_authentic_sound_does() -> None:
    sink, _, player = played(torn=12_345)
    assert np.array_equal(sink.samples, SOUND[:12_345])
    assert player.index == 12_345
    sink, _, _ = played((PIECE, Action.FORWARD), torn=5 * RATE)
    assert np.array_equal(sink.samples, SOUND[:PIECE])


@pytest.mark.parametrize("index", [0, 1, 999, 1000, 30_000, 47_999])
def test_a_tape_gives_the_samples_of_any_place(index: int) -> None:
    deck = Deck(WHOLE)
    tape = Tape(deck, deck.span)
    for place in (index, 47_000, index, 0, index):
        piece = tape.read(place, 300)
        assert np.array_equal(piece, SOUND[place : place + len(piece)])
        assert len(piece) or place == len(SOUND)


def test_a_tape_keeps_a_bounded_stretch_and_decrypts_again_only_beyond_it() -> None:
    deck = Deck(WHOLE)
    kept_bytes = 10 * deck.block * SOUND.itemsize
    tape = Tape(deck, deck.span, kept_bytes)
    for index in range(0, len(SOUND), 500):
        tape.read(index, 500)
        assert sum(piece.nbytes for piece in tape.kept) <= kept_bytes + deck.block * SOUND.itemsize
    tape.read(len(SOUND) - 9 * deck.block, 1)
    assert deck.unwound == 1
    assert tape.read(100, 1)[0, 0] == SOUND[100, 0]
    assert deck.unwound == 2


def test_one_place_further_than_the_sound_is_the_end() -> None:
    deck = Deck(Span(100, 200))
    tape = Tape(deck, deck.span)
    assert len(tape.read(200, 10)) == 0
    assert len(tape.read(199, 10)) == 1

"""A campaign beside people who wait for an answer."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from wacloud.modules.whatsapp.application.answers_first import EARLY_S, LATE_S, LEAST, AnswersFirst


class Hours:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def campaign(late: Sequence[float | None], *, tenths: int = 1) -> tuple[AnswersFirst, Hours, list[float]]:
    """A campaign asked every tenth of a second, while messages are stored so late; None: nobody wrote."""
    clock = Hours()
    first = AnswersFirst(clock)
    shares = []
    for late_s in late:
        for _ in range(tenths):
            if late_s is not None:
                first.note(late_s)
            clock.now += 0.1
            shares.append(first.share())
    return first, clock, shares


def test_a_campaign_has_its_whole_speed_while_answers_are_in_time_or_nobody_writes():
    first, _, shares = campaign([None, 0.01, EARLY_S], tenths=20)
    assert set(shares) == {1.0}
    assert first.may_ask("n", 80, 17) == 17


def test_it_goes_slower_the_longer_answers_are_late_but_goes_on():
    _, _, shares = campaign([LATE_S * 2], tenths=100)
    assert shares == sorted(shares, reverse=True)
    assert 0.4 < shares[9] < 0.65  # about half after a second
    assert shares[-1] == LEAST


def test_it_keeps_its_speed_where_answers_are_neither_late_nor_early():
    _, _, shares = campaign([1.0] * 8 + [(LATE_S + EARLY_S) / 2] * 20)
    assert len(set(shares[10:])) == 1
    assert shares[-1] < 1


def test_it_has_its_speed_again_some_seconds_after_the_last_late_answer():
    _, _, shares = campaign([1.0] * 20 + [None] * 200)
    assert min(shares) < 0.6
    assert shares[-1] == 1.0


def test_one_late_answer_among_many_counts():
    clock = Hours()
    first = AnswersFirst(clock)
    for late_s in (0.001, 2.0, 0.001):
        first.note(late_s)
    clock.now += 1
    assert first.share() < 1


def test_each_number_asks_for_its_part_of_the_speed_and_what_found_no_place_asks_again():
    clock = Hours()
    first = AnswersFirst(clock)
    sent = {"fast": 0, "slow": 0}
    for _ in range(1000):
        first.note(0.5)
        clock.now += 0.08
        for number, per_second, most in (("fast", 80, 17), ("slow", 20, 5)):
            for place in range(first.may_ask(number, per_second, most)):
                if place % 2 == 0:  # every other finds a place
                    first.left(number)
                    sent[number] += 1
    assert 0.8 * LEAST < sent["fast"] / (80 * 80) < 1.3 * LEAST
    assert 0.8 * LEAST < sent["slow"] / (80 * 20) < 1.3 * LEAST


@given(st.lists(st.none() | st.floats(0, 100), max_size=200))
def test_whatever_happens_the_share_stays_within_its_bounds(late: list[float | None]):
    first, clock, shares = campaign(late)
    assert all(LEAST <= share <= 1 for share in shares)
    clock.now += 1e6
    assert 0 <= first.may_ask("n", 80, 17) <= 17

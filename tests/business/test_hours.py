"""When a business is open, and how that is told."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacloud.modules.business.api import is_open, open_now_text, open_text
from wacloud.modules.business.domain.hours import HoursNotReadable

MADRID = "Europe/Madrid"
SHOP: dict[str, Any] = {
    "hours": {
        **{day: [["08:00", "14:00"], ["17:00", "20:30"]] for day in ("tue", "wed", "thu", "fri")},
        "sat": [["08:30", "14:30"]],
        "sun": [],
    },
    "special_days": {
        "2026-12-25": {"name": "Navidad", "hours": []},
        "2026-12-24": {"name": "Nochebuena", "hours": [["08:00", "18:00"]]},
    },
}
BAR = {"hours": {"fri": [["20:00", "03:00"]], "sat": [["20:00", "24:00"]], "sun": [["00:00", "02:00"]]}}


def at(text: str, zone: str = MADRID) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "is_open_now", "changes_at"),
    [
        ("2026-11-24T07:59", False, "2026-11-24T08:00"),
        ("2026-11-24T08:00", True, "2026-11-24T14:00"),
        ("2026-11-24T13:59", True, "2026-11-24T14:00"),
        ("2026-11-24T14:00", False, "2026-11-24T17:00"),
        ("2026-11-24T20:30", False, "2026-11-25T08:00"),
        ("2026-11-28T15:00", False, "2026-12-01T08:00"),
        ("2026-12-24T17:00", True, "2026-12-24T18:00"),
        ("2026-12-25T11:00", False, "2026-12-26T08:30"),
    ],
)
def test_split_shifts_days_off_and_special_days(now: str, is_open_now: bool, changes_at: str) -> None:
    state = is_open(SHOP, MADRID, at(now))
    assert state is not None
    assert (state.is_open, state.changes_at) == (is_open_now, at(changes_at))


def test_a_night_ends_on_the_next_day_and_touching_shifts_are_one() -> None:
    for now, closes in (("2026-11-27T23:00", "2026-11-28T03:00"), ("2026-11-28T02:59", "2026-11-28T03:00")):
        state = is_open(BAR, MADRID, at(now))
        assert state is not None
        assert state.is_open
        assert state.changes_at == at(closes)
    saturday = is_open(BAR, MADRID, at("2026-11-28T23:59"))
    assert saturday is not None
    assert saturday.changes_at == at("2026-11-29T02:00")


def test_the_clocks_of_the_zone_count_not_those_of_the_server() -> None:
    # 12:30 in Madrid is 11:30 UTC in winter and 10:30 UTC in summer; the Canaries are an hour behind.
    assert is_open(SHOP, MADRID, datetime(2026, 11, 24, 13, 30, tzinfo=UTC)).is_open is False
    assert is_open(SHOP, "Atlantic/Canary", datetime(2026, 11, 24, 13, 30, tzinfo=UTC)).is_open is True
    night = {"hours": {"sun": [["01:00", "05:00"]]}}
    spring = is_open(night, MADRID, datetime(2027, 3, 28, 0, 30, tzinfo=UTC))
    assert spring.changes_at == datetime(2027, 3, 28, 3, 0, tzinfo=UTC), "three hours long, as the clock jumps"


def test_who_told_no_hours_is_neither_open_nor_closed() -> None:
    assert is_open({}, MADRID, at("2026-11-24T10:00")) is None
    assert open_text({}, MADRID, at("2026-11-24T10:00")) == "El negocio no ha indicado su horario."
    closed = is_open({"hours": {"mon": []}}, MADRID, at("2026-11-24T10:00"))
    assert (closed.is_open, closed.changes_at) == (False, None)


@pytest.mark.parametrize(
    "hours", [{"mon": "9-14"}, {"mon": [["9", "25:00"]]}, {"mon": [["09:00"]]}, {"mon": [[9, 14]]}, ["mon"], {"mon": 3}]
)
def test_hours_that_cannot_be_read_are_an_error_not_a_guess(hours: Any) -> None:
    with pytest.raises(HoursNotReadable):
        is_open({"hours": hours}, MADRID, at("2026-11-24T10:00"))


def test_the_week_is_told_in_spanish_and_english() -> None:
    assert open_text(SHOP, MADRID, at("2026-12-23T12:05")) == (
        "Horario: lunes, cerrado; de martes a viernes, de 8:00 a 14:00 y de 17:00 a 20:30; sábado, de 8:30 a 14:30; "
        "domingo, cerrado. Días especiales: jueves 24 de diciembre de 2026 (Nochebuena), de 8:00 a 18:00; "
        "viernes 25 de diciembre de 2026 (Navidad), cerrado. "
        "Ahora es miércoles 23 de diciembre de 2026, 12:05: está abierto y cierra hoy a las 14:00."
    )
    assert open_now_text(SHOP, MADRID, at("2026-12-24T19:00"), "en") == (
        "It is now Thursday 24 December 2026, 19:00: closed, opening on Saturday 26 December 2026 at 8:30."
    )
    assert "mañana a las 8:00" in open_now_text(SHOP, MADRID, at("2026-11-24T22:00"))


@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 1, 1)))  # noqa: DTZ001
def test_what_is_foretold_comes_true(now: datetime) -> None:
    moment = now.replace(tzinfo=UTC)
    state = is_open(SHOP, MADRID, moment)
    assert state is not None
    assert state.changes_at is not None
    assert state.changes_at > moment
    after = is_open(SHOP, MADRID, state.changes_at)
    assert after is not None
    assert after.is_open is not state.is_open

"""The same comparison where the clock is changed in the middle of the weeks, and on days when no week is half done."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import Engine

from rewards.demo.messages import Message
from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.demo import Stage, as_of_now, served

ZONES = {
    # Wall clocks go from 02:00 to 03:00 on 2026-03-08, in the week before the last.
    "America/New_York": datetime(2026, 3, 17, 20, 0, tzinfo=ZoneInfo("America/New_York")),
    # 00:00 does not exist on 2026-04-24.
    "Africa/Cairo": datetime(2026, 4, 28, 20, 0, tzinfo=ZoneInfo("Africa/Cairo")),
    # A Monday: the last week of messages is over, and nobody has written in the present one.
    "Asia/Seoul": datetime(2026, 3, 2, 12, 0, tzinfo=ZoneInfo("Asia/Seoul")),
}


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> str:
    """A time zone, which the settings then have."""
    monkeypatch.setenv("COMMUNITY_TIMEZONE", request.param)
    return request.param


@pytest.fixture
def stage(zone: str, app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Iterator[Stage]:
    with served(app, settings, engine=engine, clock=clock, now=ZONES[zone]) as stage:
        yield stage


def test_it_is_as_the_calculation_says(stage: Stage, some_messages: list[Message]) -> None:
    expected = stage.expected({message.number for message in some_messages})

    stage.feed(as_of_now(some_messages, now=stage.context.clock()))

    assert stage.differences(expected)[:20] == []
    assert expected.winners

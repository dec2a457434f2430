"""The desk's front page: what waits, what is wrong, for whom."""

from datetime import timedelta

import redis
from flask import Flask
from sqlalchemy import Engine

from rewards.app import create_app
from rewards.runtime.database import transaction
from rewards.runtime.redis import connect_redis
from rewards.runtime.servers.process import free_port
from rewards.runtime.settings import Settings
from rewards.verifications import Verification, record_verification
from tests.pages.staff.access.signing_in import browser_at
from tests.support.clock import SettableClock
from tests.support.http import Forum
from tests.support.village import NOW
from tests.support.world import World


def front(forum: Forum, role: str = "manager", language: str = "en", app: Flask | None = None) -> str:
    """The page, as somebody new of that role sees it."""
    assert role in ("viewer", "fulfiller", "manager")
    token = forum.staff(role).headers["Authorization"].removeprefix("Bearer ")
    client = app.test_client() if app else browser_at(forum)
    client.set_cookie("rewards_staff", token)
    response = client.get("/staff/", headers={"Accept-Language": language})
    assert response.status_code == 200
    return response.get_data(as_text=True)


def verified(engine: Engine, *, ago: timedelta, findings: int = 0) -> None:
    with transaction(engine) as session:
        session.connection().exec_driver_sql("delete from verification")
        at = NOW - ago
        first = "balance: account 7: says 5, the entries say 4" if findings else None
        record_verification(
            session,
            Verification(
                started_at=at, finished_at=at, rows=1204, ranking_compared=True, findings=findings, first_finding=first
            ),
        )


def test_the_numbers_on_top_are_those_of_the_village(lively: World, forum: Forum) -> None:
    shown = front(forum)

    assert '<dd class="number">8</dd>' in shown
    assert "oldest 2 days ago · <b>too long</b>" in shown
    assert "0 done today" in shown
    assert "20,000 won fried chicken" in shown
    assert "One redemption waits longer than 48 hours." in shown
    assert "One redemption needs approval." in shown


def test_an_empty_service_has_nothing_to_see_to(world: World, forum: Forum, redis_client: redis.Redis) -> None:
    redis_client.set("ranking:live", "1")

    shown = front(forum)

    assert "Nothing: all is seen to." in shown
    assert "nobody waits" in shown
    assert "enough of everything" in shown
    assert "not yet; it begins by itself" in shown


def test_a_clean_verification_says_when_and_how_much(world: World, forum: Forum, engine: Engine) -> None:
    verified(engine, ago=timedelta(minutes=12))

    shown = front(forum)

    assert "12 min ago" in shown
    assert "ledger = balances = ranking" in shown
    assert "1,204 rows" in shown
    assert "card bad" not in shown


def test_findings_and_old_verifications_alarm(world: World, forum: Forum, engine: Engine) -> None:
    verified(engine, ago=timedelta(minutes=12), findings=2)
    found = front(forum)
    verified(engine, ago=timedelta(hours=3))
    old = front(forum)

    assert "Verifying found 2 broken rows." in found
    assert "account 7: says 5, the entries say 4" in found
    assert "2 findings" in found
    assert "Nothing has been verified for over two hours." in old
    assert found.count("card bad") == old.count("card bad") == 1


def test_redis_away_is_a_note_here_and_an_alarm_nowhere(
    world: World, forum: Forum, settings: Settings, engine: Engine, clock: SettableClock
) -> None:
    nobody = connect_redis(f"redis://127.0.0.1:{free_port()}/0")
    app = create_app(settings, clock=clock, engine=engine, redis=nobody)

    shown = front(forum, app=app)

    assert "Redis is away. Everything works;" in shown
    assert 'badge bad">alarm' not in shown


def test_a_ranking_that_nobody_keeps_up_to_date_is_told(world: World, forum: Forum, redis_client: redis.Redis) -> None:
    assert "The ranking in Redis is not up to date" in front(forum)
    redis_client.set("ranking:live", "1")
    assert "The ranking in Redis is not up to date" not in front(forum)


def test_a_week_that_nobody_settles_is_told(settled: World, forum: Forum, clock: SettableClock) -> None:
    clock.set(NOW + timedelta(days=7))

    shown = front(forum)

    assert "The week of 23 November waits to be settled. Is the scheduler running?" in shown
    assert 'href="/staff/seasons/2026-11-23"' in shown


def test_others_than_managers_see_what_they_did_themselves(lively: World, forum: Forum) -> None:
    assert "What was done last" in front(forum, "manager")
    own = front(forum, "fulfiller")
    assert "What I did last" in own
    assert "Nothing yet." in own
    assert "/staff/audit" not in own


def test_the_page_is_small_in_both_languages(lively: World, forum: Forum) -> None:
    assert len(front(forum).encode()) < 20_000
    assert "지금 살펴볼 일" in front(forum, language="ko")

"""Where the database says something else than the model: of every member, leaderboard, cap, redemption and card."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.codes import CodeKeys
from rewards.ranking.read import top
from tests.model.community import Community
from tests.model.people import EPOCH, Period, Person, day_of

_ACCOUNTS = text(
    "select a.account_id, m.member_id, a.balance, a.held, a.lifetime, a.version, m.hidden,"
    " m.suspended_at is not null as suspended from account a join member m using (account_id)"
    " where a.account_id > :since order by a.account_id"
)
_LEADERBOARDS = text(
    "select leaderboard, period, account_id, points, reached_at from leaderboard_points"
    " where leaderboard <> 'streak' and account_id > :since"
)
_CAPS = text("select account_id, rule_key, period, times, points from cap_usage where account_id > :since")
_VISITS = text("select account_id, day, place, streak from attendance where account_id > :since")
_REDEMPTIONS = text(
    "select r.redemption_id, r.state, r.points, r.claimed_by, r.account_id, c.ciphertext from redemption r"
    " left join code c using (code_id) where r.account_id > :since"
)
_CODES = text(
    "select p.key, c.ciphertext, c.state from code c join product p using (product_id) where c.code_id > :since"
)
_NUMBERS = text("select key, quantity from product where stock = 'number' and product_id > :since")
_STANDINGS = text(
    "select season_id, account_id, place, points, reached_at from standing where account_id > :since"
    " order by season_id, position"
)
_SEASONS = text("select season_id, state from season")

BEGINNING = UUID(int=0)
Place = tuple[str, date, Person]


class Agreement:
    """Compares one moment of the database with the model: of whatever got its id after `since`."""

    def __init__(self, session: Session, community: Community, *, keys: CodeKeys, since: UUID = BEGINNING) -> None:
        self.session = session
        self.since = since
        self.community = community
        self.keys = keys
        self.accounts = list(self._rows(_ACCOUNTS))
        self.people = self._paired()

    def _paired(self) -> dict[UUID, Person]:
        """Each account with its person: by the name, and as they came for those who have none any more."""
        everybody = self.community.points.everybody
        named = {one.name: one for one in everybody if one.name is not None}
        nameless = iter([one for one in everybody if one.name is None])
        return {row.account_id: named.get(row.member_id) or next(nameless) for row in self.accounts}

    def differences(self) -> Iterator[tuple[Any, Any]]:
        """Pairs of what the model and the database say, where these are not the same."""
        for expected, found in (
            (self._people(), {self.people[row.account_id]: tuple(row)[1:] for row in self.accounts}),
            (self._points(), self._points_stored()),
            (self._usage(), self._usage_stored()),
            (self._visits(), {(self.people[r.account_id], r.day): (r.place, r.streak) for r in self._rows(_VISITS)}),
            (self._redemptions(), self._redemptions_stored()),
            (self._stock(), self._stock_stored()),
        ):
            if expected != found:
                yield expected, found

    def differences_of_seasons(self, now: datetime) -> Iterator[tuple[Any, Any]]:
        """The same for what is read as a whole: the order of every leaderboard, states, standings, prizes."""
        for period in self.community.points.periods():
            expected, found = self._order(period), self._order_read(period, now)
            if expected != found:
                yield (period, expected), found
        expected = self._streaks(day_of(now))
        found = self._order_read(("streak", day_of(now)), now)
        if expected != {member: points for member, points, _ in found}:
            yield expected, found
        yield from self._standings()

    def _rows(self, query: Any) -> Any:
        return self.session.execute(query, {"since": self.since})

    def _people(self) -> dict[Person, tuple[Any, ...]]:
        return {
            one: (one.name, one.balance, one.held, one.lifetime, len(one.entries), one.hidden, one.suspended)
            for one in self.community.points.everybody
        }

    def _points(self) -> dict[Place, tuple[int, datetime]]:
        points = self.community.points
        places = {(*period, one): points.points(period, one) for period in points.periods() for one in points.everybody}
        return {place: value for place, value in places.items() if value[0]}

    def _points_stored(self) -> dict[Place, tuple[int, datetime]]:
        return {
            (row.leaderboard, row.period, self.people[row.account_id]): (row.points, row.reached_at)
            for row in self._rows(_LEADERBOARDS)
            if row.points
        }

    def _usage(self) -> dict[tuple[Person, str, str], tuple[int, int]]:
        """A reversal gives nothing back: every award that was ever given counts."""
        times, points = Counter[tuple[Person, str, str]](), Counter[tuple[Person, str, str]]()
        for award in self.community.points.awards:
            rule = self.community.points.policy["rules"].get(award.type, {})
            daily = {"times_per_day", "points_per_day"} & rule.keys()
            ever = {"once_ever", "cooldown_s"} & rule.keys()
            for period in ([day_of(award.at).isoformat()] if daily else []) + (["ever"] if ever else []):
                key = (award.person, award.type, period)
                times[key] += 1
                points[key] += award.points
        return {key: (times[key], points[key]) for key in times}

    def _usage_stored(self) -> dict[tuple[Person, str, str], tuple[int, int]]:
        return {
            (self.people[row.account_id], row.rule_key, row.period): (row.times, row.points)
            for row in self._rows(_CAPS)
        }

    def _visits(self) -> dict[tuple[Person, date], tuple[int, int]]:
        answers = self.community.attendance.answers
        return {visit: (answer["place"], answer["streak"]) for visit, answer in answers.items()}

    def _redemptions(self) -> dict[Any, tuple[Any, ...]]:
        return {
            one.redemption_id: (
                one.state,
                one.points,
                one.person,
                one.code,
                one.claimed_by if one.state == "claimed" else None,
            )
            for one in self.community.market.asked.values()
        }

    def _redemptions_stored(self) -> dict[Any, tuple[Any, ...]]:
        return {
            row.redemption_id: (
                row.state,
                row.points,
                self.people[row.account_id],
                self._clear(row.ciphertext) if row.ciphertext else None,
                row.claimed_by if row.state == "claimed" else None,
            )
            for row in self._rows(_REDEMPTIONS)
        }

    def _stock(self) -> tuple[dict[tuple[str, str], str], dict[str, int]]:
        cards = self.community.market.cards.values()
        codes = {(card.key, code): state for card in cards for code, (_, state) in card.codes.items()}
        return codes, {card.key: card.number for card in cards if card.stock == "number"}

    def _stock_stored(self) -> tuple[dict[tuple[str, str], str], dict[str, int]]:
        codes = {(row.key, self._clear(row.ciphertext)): row.state for row in self._rows(_CODES)}
        return codes, {row.key: row.quantity for row in self._rows(_NUMBERS)}

    def _clear(self, ciphertext: Any) -> str:
        return self.keys.fernet.decrypt(bytes(ciphertext)).decode()

    def _order(self, period: Period) -> list[tuple[Any, ...]]:
        week = self.community.points.week_named(period[1]) if period[0] == "season" else None
        places = week.standing if week and week.state == "final" else self.community.points.places(period)
        return [(person.name, points, reached_at) for person, points, reached_at in places]

    def _order_read(self, period: Period, now: datetime) -> list[tuple[Any, ...]]:
        lines = top(self.session, None, leaderboard=period[0], period=period[1], limit=100, now=now)
        assert [line.rank for line in lines] == list(range(1, len(lines) + 1))
        return [(line.member_id, line.points, line.reached_at) for line in lines]

    def _streaks(self, day: date) -> dict[str | None, int]:
        return {person.name: days for person, days in self.community.attendance.streaks(day)}

    def _standings(self) -> Iterator[tuple[Any, Any]]:
        final = [week for week in self.community.points.weeks if week.state == "final"]
        expected = [
            (week.name, person, place, points, reached_at or EPOCH)
            for week in sorted(final, key=lambda week: week.name)
            for place, (person, points, reached_at) in enumerate(week.standing, start=1)
        ]
        found = [
            (row.season_id, self.people[row.account_id], row.place, row.points, row.reached_at)
            for row in self._rows(_STANDINGS)
        ]
        if expected != found:
            yield expected, found
        states = {row.season_id: row.state for row in self.session.execute(_SEASONS)}
        modelled = {week.name: week.state for week in self.community.points.weeks if week.name in states}
        if states != modelled:
            yield modelled, states

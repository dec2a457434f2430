"""The scenes of the tour: the village at work, a service in which nothing has happened, and the Monday after."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import text

from rewards.http.auth import STAFF_COOKIE
from rewards.ranking.projection import project
from rewards.ranking.seasons import Calendar
from rewards.runtime.database import snapshot, transaction
from rewards.runtime.redis import connect_redis_for_projection
from rewards.settlement import settle
from tests.support.calendar import SEOUL
from tests.support.servers import TEMPLATE, Servers
from tests.support.tour import Member, Scene, Staff, Stop
from tests.support.village import NOW, READER, WEEK
from tests.support.village_life import hire, staff_token
from tests.support.village_stage import VillageStage, standing

MONDAY = Calendar(SEOUL).day_start(WEEK + timedelta(weeks=1))
REVIEW_AT = MONDAY + timedelta(hours=9, minutes=12)

_PRODUCT = "select product_id from product where key = 'coffee-3000'"
_REDEMPTION = (
    "select redemption_id from redemption join member using (account_id)"
    " where member_id = :member_id and state = :state and origin = 'market' order by requested_at limit 1"
)
_AWARD = (
    "select max(seq) from entry join member using (account_id) where member_id = :member_id"
    " and contra = 'issuance:post.created' and kind = 'award'"
)

_REVERSAL = "from entry join member using (account_id) where kind = 'reversal' and note_digest is not null"


@dataclass(frozen=True, slots=True)
class Standing:
    """A scene that stands: where it listens, what is behind it, and what the stops' paths name in braces."""

    address: str
    stage: VillageStage
    names: Mapping[str, str]

    def path_of(self, stop: Stop) -> str:
        """The stop's path here."""
        return stop.path.format_map(self.names)

    def come_in(self, page: Page, who: Member | Staff | None) -> None:
        """Sign the browser in, without a request of its own."""
        if isinstance(who, Member):
            page.goto(f"{self.address}/sso?next=/static/icon.svg&token={self.stage.forum.token(who.member_id)}")
        elif isinstance(who, Staff):
            self.refresh_ranking()
            with transaction(self.stage.engine) as session:
                # Whoever was signed in for other stops is not to be counted on a page of the staff.
                session.execute(text("update member_session set revoked_at = created_at where revoked_at is null"))
            cookie = {"name": STAFF_COOKIE, "value": staff_token(who.name), "url": self.address}
            page.context.add_cookies([cookie])  # pyright: ignore[reportArgumentType] -- a dict of these is its form

    def refresh_ranking(self) -> None:
        """Bring the leaderboards' copy up to date, as the projector does: staff are told where it is not."""
        with snapshot(self.stage.engine) as session, connect_redis_for_projection(self.stage.redis_url) as client:
            if project(session, client, now=self.stage.clock()).outcome == "rebuilt":
                project(session, client, now=self.stage.clock())


@dataclass(slots=True)
class Scenes:
    """Scenes, each put up when it is first asked for."""

    servers: Servers
    worker: str
    redis_url: str
    template: str
    embed_ancestors: str = ""
    _undo: ExitStack = field(default_factory=ExitStack)
    _standing: dict[Scene, Standing] = field(default_factory=dict[Scene, Standing])

    def __getitem__(self, scene: Scene) -> Standing:
        if scene not in self._standing:
            self._standing[scene] = self._put_up(scene)
        return self._standing[scene]

    def close(self) -> None:
        """Take them all down."""
        self._undo.close()

    def _put_up(self, scene: Scene) -> Standing:
        worker = f"{self.worker}_{scene.replace('-', '_')}"
        template = TEMPLATE if scene == "empty" else self.template
        address, stage = self._undo.enter_context(
            standing(
                self.servers,
                worker=worker,
                redis_url=self.redis_url,
                template=template,
                embed_ancestors=self.embed_ancestors,
            )
        )
        _PREPARE[scene](stage)
        return Standing(address, stage, {} if scene == "empty" else _names(stage))


@contextmanager
def scenes(
    servers: Servers, *, worker: str, redis_url: str, template: str, embed_ancestors: str = ""
) -> Iterator[Scenes]:
    """All scenes, from a template of the living village."""
    made = Scenes(servers, worker, redis_url, template, embed_ancestors)
    try:
        yield made
    finally:
        made.close()


def _names(stage: VillageStage) -> dict[str, str]:
    with transaction(stage.engine) as session:

        def one(query: str, **given: Any) -> str:
            return str(session.execute(text(query), given).scalar_one())

        return {
            "coffee": one(_PRODUCT),
            "waiting": one(_REDEMPTION, member_id=READER, state="requested"),
            "fulfilled": one(_REDEMPTION, member_id=READER, state="fulfilled"),
            "rejected": one(_REDEMPTION, member_id="villager-04", state="rejected"),
            "claimed": one(_REDEMPTION, member_id="villager-11", state="claimed"),
            "seq": one(_AWARD, member_id=READER),
            "corrected": one(f"select member_id {_REVERSAL}"),
            "webhook": one("select endpoint_id from webhook_endpoint"),
            "adjustment": one("select adjustment_id from adjustment where state = 'waiting'"),
            "reversal": one(f"select seq {_REVERSAL}"),
        }


def _as_it_is(_: VillageStage) -> None:
    """Nothing more happens."""


def _nobody(stage: VillageStage) -> None:
    """A service on its first day: a policy, staff, and a member who has just heard of it."""
    stage.clock.set(NOW - timedelta(days=1))
    stage.forum.prepare()
    stage.clock.set(NOW)
    with transaction(stage.engine) as session:
        hire(session)


def _first_minute(stage: VillageStage) -> None:
    stage.clock.set(MONDAY + timedelta(seconds=40))


def _review(stage: VillageStage) -> None:
    """Monday morning with SEASON_REVIEW: the week's standing waits for staff."""
    stage.clock.set(REVIEW_AT)
    today = WEEK + timedelta(weeks=1)
    with transaction(stage.engine) as session:
        session.execute(text("update staff_session set expires_at = :at"), {"at": REVIEW_AT + timedelta(hours=9)})
        settle(session, WEEK, review=True, today=today, now=REVIEW_AT)


_PREPARE: Mapping[Scene, Callable[[VillageStage], None]] = {
    "village": _as_it_is,
    "empty": _nobody,
    "first-minute": _first_minute,
    "review": _review,
}

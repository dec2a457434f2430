"""A community whose forum is told what happens."""

from dataclasses import dataclass, replace
from ipaddress import ip_network
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from market.codes import code_keys
from rewards.commands.context import Context, calendar_of
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from rewards.webhooks.deliveries import Delivery, list_deliveries
from rewards.webhooks.endpoints import create_endpoint
from rewards.webhooks.fan_out import fan_out
from rewards.webhooks.messages import TYPES
from tests.support.clock import SettableClock
from tests.support.world import World, open_world
from workers.deliver import deliver


@dataclass(frozen=True)
class Post:
    """The forum's post office: endpoints made, messages sent, when the test says so."""

    context: Context
    clock: SettableClock
    world: World

    def tell(self, url: str, *types: str) -> UUID:
        """A new endpoint for the types, or for all."""
        return self.tell_secretly(url, *types)[0]

    def tell_secretly(self, url: str, *types: str) -> tuple[UUID, str]:
        """The same, with its secret."""
        fernet = code_keys(self.context.settings.code_keys).fernet
        with transaction(self.context.engine) as session:
            endpoint, secret = create_endpoint(
                session, url=url, types=types or list(TYPES), fernet=fernet, actor="staff:mina", now=self.clock()
            )
        return endpoint.endpoint_id, secret

    def collect(self) -> int:
        """Make messages of what has happened."""
        with transaction(self.context.engine) as session:
            return fan_out(session, now=self.clock())

    def send(self) -> int:
        """Make messages of what has happened, and send whatever is due."""
        self.collect()
        return deliver(context=self.context)

    def deliveries(self, endpoint_id: UUID) -> list[Delivery]:
        """All deliveries to an endpoint, the oldest message first."""
        with transaction(self.context.engine) as session:
            return list_deliveries(session, endpoint_id, limit=1000)[::-1]

    def stored_secret(self, endpoint_id: UUID) -> bytes:
        """What lies in the database of an endpoint's secret."""
        query = text("select secret from webhook_endpoint where endpoint_id = :id")
        with Session(self.context.engine) as session:
            return bytes(session.execute(query, {"id": endpoint_id}).scalar_one())


@pytest.fixture
def post(settings: Settings, engine: Engine, clock: SettableClock) -> Post:
    """A post office whose messages may go to this machine."""
    allowed = replace(settings, webhook_networks=(ip_network("127.0.0.0/8"),))
    context = Context(settings=allowed, engine=engine, calendar=calendar_of(settings), clock=clock)
    return Post(context, clock, open_world(engine))

"""Who stands behind a key: a person is one, however many keys they make, when something needs two or has a cap."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

# Whoever made a key over the API is in the audit; the operator's keys stand for themselves.
_KIN = text("""
with recursive made as (
    select a.actor as maker, 'key:' || k.name as key from api_key k
    join audit a on a.about = 'key:' || k.key_id and a.action = 'key.create'
), above as (
    select cast(:actor as text) as who
    union select m.maker from above a join made m on m.key = a.who
), kin as (
    select who from above
    union select m.key from kin n join made m on m.maker = n.who
)
select who, not exists (select from made m where m.key = kin.who) as is_root from kin order by who
""")


@dataclass(frozen=True, slots=True)
class Behind:
    """`root` names the person (or the operator's key) at the beginning, `names` all that act for them."""

    root: str
    names: frozenset[str]


def behind(session: Session, actor: str) -> Behind:
    """Who stands behind an actor of the histories, and behind whatever keys they made."""
    rows = session.execute(_KIN, {"actor": actor}).all()
    return Behind(root=next((row.who for row in rows if row.is_root), actor), names=frozenset(row.who for row in rows))

"""What is known about subjects: the awards that they earned, and when they were deleted or restored."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.arrays import array, named
from ledger.lot_rows import lapsed_of
from rewards.earning.decide import SubjectAward
from rewards.earning.events import Event
from rewards.earning.rules import DELETED, RESTORED, RuleSet, deletion_of, stem_of
from rewards.members.ensure import MemberRow

# An award starts a line: the reversal that takes it back, the restore of that, and so on. It stands at even steps.
_AWARDS = text(f"""
with recursive line as (
    select v.account_id, v.type, v.subject, e.seq, e.seq as tail_seq, 0 as step
    from event v join entry e on e.account_id = v.account_id and e.seq = v.seq
    where v.subject = any(cast(:subjects as text[])) and v.outcome = 'awarded'
    union all
    select l.account_id, l.type, l.subject, l.seq, e.seq, l.step + 1
    from line l join entry e on e.account_id = l.account_id and e.reverses = l.tail_seq
), tail as (
    select distinct on (account_id, seq) * from line order by account_id, seq, step desc
)
select t.account_id, coalesce(m.merged_into, t.account_id) as owner, t.type, t.subject, t.seq, t.tail_seq, e.points,
    e.contra, t.step % 2 = 0 as stands, d.type as taken_by, e.occurred_at, e.season, e.month,
    {lapsed_of("t.account_id", "t.tail_seq")} as lapsed
from tail t join entry e on e.account_id = t.account_id and e.seq = t.seq
    left join member m on m.account_id = t.account_id
    join entry latest on latest.account_id = t.account_id and latest.seq = t.tail_seq
    left join event d on t.step % 2 = 1 and d.subject = t.subject and d.transfer_id = latest.transfer_id
order by t.account_id, t.seq
""")
_AWARDED = text(
    "select account_id, type, subject from event where outcome = 'awarded' and (subject, type, account_id) in"
    " (select * from unnest(cast(:subjects as text[]), cast(:types as text[]), cast(:accounts as uuid[])))"
)
_DELETIONS = text(
    "select v.type, v.subject, coalesce(m.merged_into, v.account_id) as account_id, max(v.occurred_at) as occurred_at"
    " from event v left join member m using (account_id)"
    " where v.subject = any(cast(:subjects as text[])) and v.type = any(cast(:types as text[])) group by 1, 2, 3"
)


def read_subject_awards(session: Session, subjects: Iterable[str]) -> list[SubjectAward]:
    """Every award that the subjects earned, of whichever member."""
    wanted = sorted(set(subjects))
    if not wanted:
        return []
    rows = session.execute(_AWARDS, {"subjects": array(wanted)})
    return [SubjectAward(**row._asdict()) for row in rows]


@dataclass(slots=True)
class Subjects:
    """The subjects of a micro-batch, kept up to date while its events are decided one after the other.

    Accounts are those of members: what lies on an account that was merged is its survivor's.
    """

    rules: RuleSet
    awarded: set[tuple[str, str, UUID]] = field(default_factory=set[tuple[str, str, UUID]])
    awards: dict[str, list[SubjectAward]] = field(default_factory=dict[str, list[SubjectAward]])
    changes: dict[tuple[str, str, UUID], datetime] = field(default_factory=dict[tuple[str, str, UUID], datetime])

    def note_change(self, event: Event, account_id: UUID) -> None:
        """Remember a deletion or restoration, also one that found nothing: it may have come before what it is about."""
        if event.subject is not None and stem_of(event.type):
            key = (event.type, event.subject, account_id)
            self.changes[key] = max(event.occurred_at, self.changes.get(key, event.occurred_at))

    def note_award(self, award: SubjectAward) -> None:
        """Remember an award that this micro-batch has made."""
        self.awarded.add((award.subject, award.type, award.owner))
        self.awards.setdefault(award.subject, []).append(award)

    def replace_award(self, before: SubjectAward, after: SubjectAward) -> None:
        """Put an award's new tail in place of the old one."""
        awards = self.awards[before.subject]
        awards[awards.index(before)] = after

    def reached_by(self, event: Event, account_id: UUID) -> tuple[SubjectAward, ...]:
        """What a deletion or restoration is about: its member's awards of the stem, anybody's of the rule's types."""
        stem = stem_of(event.type)
        if event.subject is None or stem is None:
            return ()
        others = self.rules.others_taken_back_by(stem + DELETED)
        return tuple(
            award
            for award in self.awards.get(event.subject, ())
            if award.type in others or (award.owner == account_id and award.type.startswith(f"{stem}."))
        )

    def deleted_at(self, event: Event, account_id: UUID) -> datetime | None:
        """When what the event is about was deleted last, unless it was restored since."""
        if event.subject is None:
            return None
        own = deletion_of(event.type)
        times = [self._standing_deletion((own, event.subject, account_id))]
        for deletion in self.rules.deletions_of.get(event.type, ()):
            accounts = {
                account for kind, subject, account in self.changes if kind == deletion and subject == event.subject
            }
            times.extend(self._standing_deletion((deletion, event.subject, account)) for account in accounts)
        return max((time for time in times if time is not None), default=None)

    def _standing_deletion(self, change: tuple[str, str, UUID]) -> datetime | None:
        deletion, subject, account_id = change
        deleted = self.changes.get(change)
        restored = self.changes.get((deletion.removesuffix(DELETED) + RESTORED, subject, account_id))
        return None if deleted is None or (restored is not None and restored >= deleted) else deleted


def read_subjects(
    session: Session, events: list[tuple[Event, MemberRow]], *, rules: RuleSet, awards: list[SubjectAward]
) -> Subjects:
    """The state of the events' subjects, under their accounts' locks.

    `awards` are those of subjects that a deletion or restoration is about.
    """
    subjects = Subjects(rules)
    for award in awards:
        subjects.awards.setdefault(award.subject, []).append(award)
    owners = {account_id: member.account_id for _, member in events for account_id in member.accounts}
    keys = [
        (event.subject, event.type, account_id)
        for event, member in events
        if event.subject and not stem_of(event.type)
        for account_id in member.accounts
    ]
    if keys:
        found = session.execute(_AWARDED, named(("subjects", "types", "accounts"), keys))
        subjects.awarded = {(row.subject, row.type, owners[row.account_id]) for row in found}
        _read_changes(session, subjects, keys=keys)
    return subjects


def _read_changes(session: Session, subjects: Subjects, *, keys: list[tuple[str, str, UUID]]) -> None:
    types = {key[1] for key in keys}
    deletions = {deletion_of(kind) for kind in types}.union(
        *(subjects.rules.deletions_of.get(kind, ()) for kind in types)
    )
    changes = sorted(deletions | {deletion.removesuffix(DELETED) + RESTORED for deletion in deletions})
    rows = session.execute(_DELETIONS, {"subjects": array({key[0] for key in keys}), "types": array(changes)})
    subjects.changes = {(row.type, row.subject, row.account_id): row.occurred_at for row in rows}

"""What must agree inside the ledger, as queries that find what doesn't: of the accounts from :first to :last."""

from ledger.verify_slices import Checks

_RANGE = "account_id between :first and :last"
OF_ACCOUNTS: Checks = {
    "held": (
        "account {}: held is {}, its open holds are {} points",
        f"""
with open as (select account_id, sum(points) as points from hold where state = 'placed' and {_RANGE} group by 1)
select account_id, a.held, coalesce(o.points, 0) from account a left join open o using (account_id)
    where a.{_RANGE} and a.held <> coalesce(o.points, 0) order by 1
""",
    ),
    "hold history": (
        "hold {}: its state is {}, its history says {}",
        f"""
with history as (
    select hold_id, h.state, (select string_agg(t.state, ' ' order by (t.state = 'placed') desc)
        from hold_history t where t.hold_id = h.hold_id) as states
    from hold h where {_RANGE}
)
select hold_id, state, coalesce(states, 'nothing') from history
    where coalesce(states, '') <> case state when 'placed' then 'placed' else 'placed ' || state end order by 1
""",
    ),
    "captures": (
        "account {}: entries of captures sum up to {}, captured holds to {}",
        f"""
with spent as (select account_id, -sum(points) as points from entry where kind = 'capture' and {_RANGE} group by 1),
    captured as (select account_id, sum(captured) as points from hold where state = 'captured' and {_RANGE} group by 1)
select account_id, coalesce(s.points, 0), coalesce(c.points, 0)
    from spent s full join captured c using (account_id)
    where coalesce(s.points, 0) <> coalesce(c.points, 0) order by 1
""",
    ),
    "entry without reason": (
        "account {} entry {} ({}): {}",
        f"""
with bare as (
    select account_id, seq, kind, transfer_id, award_seq from entry e
    where e.{_RANGE} and e.kind in ('award', 'charge', 'penalty', 'reversal', 'restore', 'adjustment')
    and not (e.kind in ('reversal', 'restore', 'adjustment') and e.note_digest is not null)
    and not exists (select from event v where v.{_RANGE} and v.account_id = e.account_id
        and v.transfer_id = e.transfer_id)
), elsewhere as (
    select distinct b.transfer_id, v.subject from bare b
    join entry a on a.account_id = b.account_id and a.seq = b.award_seq
    join event v on v.{_RANGE} and v.account_id = a.account_id and v.transfer_id = a.transfer_id
), found as (
    select transfer_id from elsewhere w
    where exists (select from event v where v.subject = w.subject and v.transfer_id = w.transfer_id)
)
select account_id, seq, kind, 'no decision and no note of staff stands behind it' from bare b
    where not (kind in ('reversal', 'restore') and exists (select from found f where f.transfer_id = b.transfer_id))
union all select e.account_id, e.seq, e.kind, 'nothing writes such an entry'
    from entry e
    where e.{_RANGE} and (e.kind in ('transfer', 'refund') or (e.kind = 'merge') <> (e.contra = 'merge')
    or (e.kind = 'expiry' and e.contra <> 'expiry')
    or (e.kind = 'grant' and e.contra <> 'opening-balance') or e.contra = '')
union all select e.account_id, max(e.seq), 'grant', 'the account was opened before'
    from entry e where e.{_RANGE} and e.kind = 'grant' group by 1 having count(*) > 1
    order by 1, 2
""",
    ),
    "decision without entry": (
        "event {} of source {}: decided {} with {} points, its entries sum up to {}",
        f"""
with moved as (
    select account_id, transfer_id, cast(sum(points) as bigint) as points, max(seq) as seq,
        coalesce(min(kind) filter (where kind <> 'merge'), 'merge') as kind
    from entry where {_RANGE} group by 1, 2
)
select v.event_id, v.source, v.outcome, v.points, coalesce(m.points, 0)
    from event v
    left join moved m using (account_id, transfer_id)
    where v.{_RANGE} and (v.points <> coalesce(m.points, 0)
    or v.seq is distinct from m.seq
    or (m.kind <> case v.outcome when 'awarded' then 'award' when 'charged' then 'charge'
        when 'penalised' then 'penalty' when 'reversed' then 'reversal' when 'restored' then 'restore' else '' end
        and not (m.kind = 'merge' and v.outcome in ('reversed', 'restored')))
    or (v.transfer_id is not null) <> (v.outcome in ('awarded', 'charged', 'penalised', 'reversed', 'restored')))
    order by v.account_id, v.decision_no
""",
    ),
    "answered balance": (
        "event {} of source {}: {} and {} available were answered, its last entry left {} and {}",
        f"""
select v.event_id, v.source, v.balance, v.available, e.balance_after, e.balance_after - e.held_after
    from event v
    join entry e on e.account_id = v.account_id and e.seq = v.seq
    where v.{_RANGE} and e.{_RANGE} and (v.balance, v.available) <> (e.balance_after, e.balance_after - e.held_after)
    order by v.account_id, v.decision_no
""",
    ),
    "line of reversals": (
        "account {} entry {} ({}): it does not take back entry {} exactly",
        f"""
select e.account_id, e.seq, e.kind, e.reverses
    from entry e left join entry b on b.account_id = e.account_id and b.seq = e.reverses
    where e.{_RANGE} and e.reverses is not null and (
        b.seq is null or b.seq >= e.seq or b.points <> -e.points or e.award_seq <> coalesce(b.award_seq, b.seq)
        or e.season <> b.season or e.month <> b.month
        or (e.kind = 'restore') <> (b.kind = 'reversal')
        or (e.kind = 'reversal') <> (b.kind in ('award', 'restore'))
    )
    order by 1, 2
""",
    ),
    "nobody's entries": (
        "account {} entry {}: there is no such account",
        f"""
select account_id, seq from (select account_id, min(seq) as seq from entry where {_RANGE} group by 1) e
    where not exists (select from account a where a.{_RANGE} and a.account_id = e.account_id) order by 1
""",
    ),
    "nobody's decisions": (
        "account {} decision {}: there is no such account",
        f"""
select account_id, decision_no
    from (select account_id, min(decision_no) as decision_no from event where {_RANGE} group by 1) v
    where not exists (select from account a where a.{_RANGE} and a.account_id = v.account_id) order by 1
""",
    ),
}
"""By name: what a broken row is told as, and the query that finds it."""

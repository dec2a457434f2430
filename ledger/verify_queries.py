"""What must agree inside the ledger, as queries that find what doesn't."""

CHECKS: dict[str, tuple[str, str]] = {
    "held": (
        "account {}: held is {}, its open holds are {} points",
        """
with open as (select account_id, sum(points) as points from hold where state = 'placed' group by 1)
select account_id, a.held, coalesce(o.points, 0) from account a left join open o using (account_id)
    where a.held <> coalesce(o.points, 0) order by 1
""",
    ),
    "hold history": (
        "hold {}: its state is {}, its history says {}",
        """
with history as (
    select hold_id, string_agg(state, ' ' order by (state = 'placed') desc) as states from hold_history group by 1
)
select hold_id, h.state, coalesce(t.states, 'nothing') from hold h left join history t using (hold_id)
    where coalesce(t.states, '') <> case h.state when 'placed' then 'placed' else 'placed ' || h.state end order by 1
""",
    ),
    "captures": (
        "account {}: entries of captures sum up to {}, captured holds to {}",
        """
with spent as (select account_id, -sum(points) as points from entry where kind = 'capture' group by 1),
    captured as (select account_id, sum(captured) as points from hold where state = 'captured' group by 1)
select account_id, coalesce(s.points, 0), coalesce(c.points, 0)
    from spent s full join captured c using (account_id)
    where coalesce(s.points, 0) <> coalesce(c.points, 0) order by 1
""",
    ),
    "entry without reason": (
        "account {} entry {} ({}): {}",
        """
select e.account_id, e.seq, e.kind, 'no decision and no note of staff stands behind it'
    from entry e
    where e.kind in ('award', 'charge', 'penalty', 'reversal', 'restore', 'adjustment')
    and not (e.kind in ('reversal', 'restore', 'adjustment') and e.note_digest is not null)
    and not exists (select from event v where v.transfer_id = e.transfer_id
        and (v.account_id = e.account_id or e.kind in ('reversal', 'restore')))
union all select e.account_id, e.seq, e.kind, 'nothing writes such an entry'
    from entry e
    where e.kind in ('transfer', 'refund', 'expiry', 'merge')
    or (e.kind = 'grant' and e.contra <> 'opening-balance') or e.contra = ''
union all select e.account_id, max(e.seq), 'grant', 'the account was opened before'
    from entry e where e.kind = 'grant' group by 1 having count(*) > 1
    order by 1, 2
""",
    ),
    "decision without entry": (
        "event {} of source {}: decided {} with {} points, its entries sum up to {}",
        """
with moved as (
    select account_id, transfer_id, cast(sum(points) as bigint) as points, max(seq) as seq, min(kind) as kind
    from entry group by 1, 2
)
select v.event_id, v.source, v.outcome, v.points, coalesce(m.points, 0)
    from event v
    left join moved m using (account_id, transfer_id)
    where v.points <> coalesce(m.points, 0)
    or v.seq is distinct from m.seq
    or m.kind <> case v.outcome when 'awarded' then 'award' when 'charged' then 'charge' when 'penalised' then 'penalty'
        when 'reversed' then 'reversal' when 'restored' then 'restore' else '' end
    or (v.transfer_id is not null) <> (v.outcome in ('awarded', 'charged', 'penalised', 'reversed', 'restored'))
    order by v.account_id, v.decision_no
""",
    ),
    "answered balance": (
        "event {} of source {}: {} and {} available were answered, its last entry left {} and {}",
        """
select v.event_id, v.source, v.balance, v.available, e.balance_after, e.balance_after - e.held_after
    from event v
    join entry e on e.account_id = v.account_id and e.seq = v.seq
    where (v.balance, v.available) <> (e.balance_after, e.balance_after - e.held_after)
    order by v.account_id, v.decision_no
""",
    ),
    "line of reversals": (
        "account {} entry {} ({}): it does not take back entry {} exactly",
        """
select e.account_id, e.seq, e.kind, e.reverses
    from entry e left join entry b on b.account_id = e.account_id and b.seq = e.reverses
    where e.reverses is not null and (
        b.seq is null or b.seq >= e.seq or b.points <> -e.points or e.award_seq <> coalesce(b.award_seq, b.seq)
        or (e.kind = 'restore') <> (b.kind = 'reversal')
        or (e.kind = 'reversal') <> (b.kind in ('award', 'restore'))
    )
    order by 1, 2
""",
    ),
    "nobody's entries": (
        "account {} entry {}: there is no such account",
        """
select account_id, min(e.seq) from entry e left join account a using (account_id)
    where a.version is null group by 1 order by 1
""",
    ),
    "nobody's decisions": (
        "account {} decision {}: there is no such account",
        """
select account_id, min(v.decision_no) from event v left join account a using (account_id)
    where a.version is null group by 1 order by 1
""",
    ),
}
"""By name: what a broken row is told as, and the query that finds it."""

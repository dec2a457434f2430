"""What must agree about points that lapse, as queries that find what doesn't: of the accounts from :first to :last."""

from ledger.verify_slices import Checks

SWEPT_WITHIN = "1 hour"
"""How long before a finished sweep began something may have lapsed and still be there: clocks differ a little."""

_RANGE = "account_id between :first and :last"
OF_LOTS: Checks = {
    "lots": (
        "lot {}: {} of its {} points remain, its uses leave {}",
        f"""
with used as (
    select lot_id, cast(sum(u.points) as bigint) as points, count(*) as uses, max(use_no) as latest
    from lot l join lot_use u using (lot_id) where l.{_RANGE} group by 1
)
select lot_id, l.remaining, l.points, l.points - coalesce(u.points, 0) from lot l left join used u using (lot_id)
    where l.{_RANGE} and (l.remaining <> l.points - coalesce(u.points, 0) or u.uses <> u.latest) order by 1
""",
    ),
    "lapsing": (
        "account {}: lapsing is {}, {} points remain in its lots",
        f"""
with remaining as (select account_id, cast(sum(remaining) as bigint) as points from lot where {_RANGE} group by 1)
select account_id, a.lapsing, coalesce(r.points, 0) from account a left join remaining r using (account_id)
    where a.{_RANGE} and a.lapsing <> coalesce(r.points, 0) order by 1
""",
    ),
    "lots within available": (
        "account {}: {} points remain in its lots, {} are available",
        f"""
select account_id, lapsing, balance - held from account
    where {_RANGE} and lapsing > greatest(0, balance - held) order by 1
""",
    ),
    "lots of entries": (
        "lot {}: it is not what entry {} of account {} opened",
        f"""
select l.lot_id, l.seq, l.account_id from lot l
    left join entry e on e.account_id = l.account_id and e.seq = l.seq
    left join lot o on o.lot_id = l.from_lot
    where l.{_RANGE} and (e.seq is null or e.points <= 0
        or (l.from_lot is null and (e.points <> l.points or e.kind in ('reversal', 'expiry', 'merge')))
        or (l.from_lot is not null and (o.earned_at <> l.earned_at or l.points > o.points
            or (o.account_id <> l.account_id and e.kind <> 'merge')
            or (o.account_id = l.account_id and o.seq <> l.seq))))
    order by 1
""",
    ),
    "uses of lots": (
        "use {} of lot {}: it is {}, and no such entry or hold is there",
        f"""
select u.use_no, u.lot_id, u.kind from lot_use u
    left join entry e on e.account_id = u.account_id and e.seq = u.seq
    left join hold h on h.hold_id = u.hold_id and h.account_id = u.account_id
    where u.{_RANGE} and not coalesce(case u.kind
        when 'lapsed' then e.kind = 'expiry'
        when 'reversed' then e.kind = 'reversal'
        when 'spent' then e.points < 0 and e.kind not in ('expiry', 'capture')
        when 'moved' then e.kind = 'merge' or (u.seq is null and h.hold_id is not null)
        when 'owed' then e.points > 0 or (u.seq is null and h.hold_id is not null)
        else u.seq is null and h.hold_id is not null end, false)
    order by 2, 1
""",
    ),
    "expiry": (
        "account {} entry {}: it moves {} points, its uses of lots {}",
        f"""
with used as (
    select account_id, seq, cast(sum(points) as bigint) as points from lot_use where kind = 'lapsed' and {_RANGE}
    group by 1, 2
)
select account_id, seq, e.points, coalesce(-u.points, 0) from entry e left join used u using (account_id, seq)
    where e.{_RANGE} and e.kind = 'expiry' and e.points <> coalesce(-u.points, 0) order by 1, 2
""",
    ),
    "entries and uses": (
        "account {} entry {} ({}): it takes {} points, its uses of lots {}",
        f"""
select account_id, seq, e.kind, -e.points, cast(sum(u.points) as bigint)
    from lot_use u join entry e using (account_id, seq)
    where u.{_RANGE} and u.kind in ('spent', 'reversed', 'moved') group by 1, 2, 3, 4
    having sum(u.points) > -e.points order by 1, 2
""",
    ),
    "lots of holds": (
        "hold {}: it is {} with {} points captured, and {} points of lots are out for it",
        f"""
select hold_id, h.state, h.captured, cast(sum(u.points) as bigint) from hold h join lot_use u using (hold_id)
    where h.{_RANGE} and u.kind in ('held', 'released') group by 1, 2, 3, h.points
    having sum(u.points) not between 0 and case when h.state = 'placed' then h.points else h.captured end order by 1
""",
    ),
    "sweeps": (
        "lot {}: {} of its points lapsed at {}, and the sweep that began at {} has left them",
        f"""
with swept as (
    select max(started_at) as at from lapse_run where state <> 'stopped' and finished_at is not null
)
select lot_id, remaining, expires_at, s.at from lot, swept s
    where {_RANGE} and remaining > 0 and greatest(expires_at, recorded_at) < s.at - interval '{SWEPT_WITHIN}' order by 1
""",
    ),
    "taken twice": (
        "account {} entry {}: {} points of the award that it takes back had lapsed, and were not given back",
        f"""
select e.account_id, e.seq, cast(sum(u.points) as bigint) from entry e
    join lot l on l.account_id = e.account_id and l.seq = e.reverses
    join lot_use u on u.lot_id = l.lot_id and u.kind = 'lapsed' and u.account_id = e.account_id and u.seq < e.seq
    where e.{_RANGE} and e.kind = 'reversal' group by 1, 2 having sum(u.points) <> 0 order by 1, 2
""",
    ),
}
"""By name: what a broken row is told as, and the query that finds it."""

"""What must agree of members who were merged, as queries that find what doesn't: of survivors from :first to :last."""

from ledger.verify_slices import Checks

_RANGE = "account_id between :first and :last"
# Each account of a merge with the one that it has become; a line that circles has no end, and so no survivor.
_LINES = """
with recursive way as (
    select account_id, into_account, array[account_id] as passed from member_merge
    union all select w.account_id, g.into_account, w.passed || g.account_id from way w
        join member_merge g on g.account_id = w.into_account where g.account_id <> all(w.passed)
), survivor as (
    select account_id, into_account as present from way w
        where not exists (select from member_merge g where g.account_id = w.into_account)
), line as (
    select account_id, present from survivor where present between :first and :last
    union select present, present from survivor where present between :first and :last
)"""

OF_MERGES: Checks = {
    "merged into": (
        "account {}: member.merged_into is {}, the merges say {}",
        f"""
{_LINES}
select account_id, coalesce(cast(m.merged_into as text), 'nobody'), coalesce(cast(s.present as text), 'nobody')
    from (select account_id, merged_into from member where merged_into is not null) m
    full join survivor s using (account_id)
    where {_RANGE} and m.merged_into is distinct from s.present order by 1
""",
    ),
    "merged accounts": (
        "account {}: it was merged, and has a balance of {}, {} held and {} that lapse",
        f"""
select account_id, a.balance, a.held, a.lapsing from member_merge join account a using (account_id)
    where a.{_RANGE} and (a.balance <> 0 or a.held <> 0 or a.lapsing <> 0) order by 1
""",
    ),
    "merge entries": (
        "account {} transfer {}: {}",
        f"""
{_LINES}, half as (
    select l.present, e.account_id, e.transfer_id, e.points from line l join entry e using (account_id)
        where e.kind = 'merge'
)
select present, cast(transfer_id as text), 'the entries that moved it between its accounts sum up to ' || sum(points)
    from half group by 1, 2 having sum(points) <> 0
union all select g.account_id, cast(g.transfer_id as text), 'the merge names it, and no entry of it is here'
    from member_merge g where g.{_RANGE} and g.transfer_id is not null and not exists
    (select from entry e where e.account_id = g.account_id and e.transfer_id = g.transfer_id and e.kind = 'merge')
union all select e.account_id, cast(e.transfer_id as text), 'it moves points as of a merge, and nobody was merged'
    from entry e where e.{_RANGE} and e.kind = 'merge' and not exists
    (select from member_merge g where g.account_id = e.account_id or g.into_account = e.account_id)
    order by 1, 2
""",
    ),
    "check-ins of merged": (
        "check-in of account {} on {}: it says {} days in a row, the check-ins say {} to {}",
        f"""
{_LINES}, island as (
    select present, account_id, day,
        day - cast(dense_rank() over (partition by present order by day) as int) as island,
        day - cast(row_number() over (partition by account_id order by day) as int) as own_island
    from line join attendance using (account_id)
), run as (
    select *, day - min(day) over (partition by present, island) + 1 as most,
        day - min(day) over (partition by account_id, own_island) + 1 as least from island
)
select r.account_id, cast(r.day as text), a.streak, r.least, r.most from run r
    join attendance a using (account_id, day)
    where a.streak > r.most or (a.streak < r.least and not exists
    (select from line l join attendance i using (account_id) where l.present = r.present and i.origin = 'import'))
    order by 1, 2
""",
    ),
}
"""By name: what a broken row is told as, and the query that finds it. A line of merges is looked at as one."""

"""What must agree of adjustments that waited for a second of the staff, as queries that find what doesn't."""

from ledger.verify_slices import Checks

_RANGE = "account_id between :first and :last"

OF_ADJUSTMENTS: Checks = {
    "adjustment history": (
        "adjustment {} of account {}: its state is {}, its history says {}",
        f"""
with history as (
    select adjustment_id, string_agg(h.state, ' ' order by h.state <> 'waiting', h.state) as states
    from adjustment a join adjustment_history h using (adjustment_id) where a.{_RANGE} group by 1
)
select adjustment_id, a.account_id, a.state, coalesce(h.states, 'nothing')
    from adjustment a left join history h using (adjustment_id)
    where a.{_RANGE} and h.states is distinct from
        case a.state when 'waiting' then 'waiting' else 'waiting ' || a.state end
    order by 1
""",
    ),
    "second of the staff": (
        "adjustment {} of account {}: {} has both asked for it and approved it",
        f"""
select adjustment_id, a.account_id, asked.actor from adjustment a
    join adjustment_history asked using (adjustment_id) join adjustment_history approved using (adjustment_id)
    where a.{_RANGE} and asked.state = 'waiting' and approved.state = 'approved' and asked.actor = approved.actor
    order by 1
""",
    ),
    "adjustment entry": (
        "adjustment {} of account {}: its entry {} {}",
        f"""
with approved as (
    select *, count(*) over (partition by account_id, seq) as adjustments
    from adjustment where {_RANGE} and state = 'approved'
)
select adjustment_id, a.account_id, a.seq, case when e.seq is null then 'is not there'
    when e.kind <> 'adjustment' then 'is a ' || e.kind
    when a.adjustments > 1 then 'is that of another adjustment too'
    else 'has ' || e.points || ' points, ' || a.points || ' were approved' end
    from approved a left join entry e on e.account_id = a.account_id and e.seq = a.seq
    where (e.kind, e.points, e.overdraft) is distinct from ('adjustment', a.points, a.overdraft) or a.adjustments > 1
    order by 1
""",
    ),
}

"""What must agree with the ledger, as queries that find what doesn't, from one account, day or season to another."""

from ledger.verify_slices import Checks
from rewards.members.accounts import OF_MEMBER

_DAYS = "day between :first and :last"
_RANGE = "account_id between :first and :last"
_SEASONS = "season_id between :first and :last"
_NOT_MERGED = f"account_id not in (select account_id from member where merged_into is not null and {_RANGE})"
_NEVER_IN_A_MERGE = """not exists
    (select from member_merge g where g.account_id = a.account_id or g.into_account = a.account_id)"""
_TAKEN = """account_id, award_seq as seq, cast(sum(points) as bigint) as points,
        cast(sum(points) filter (where season is not null) as bigint) as of_season,
        cast(sum(points) filter (where month is not null) as bigint) as of_month"""
_AWARD = """season, month, occurred_at, e.points + coalesce(t.points, 0) as points,
        e.points + coalesce(t.of_season, 0) as of_season, e.points + coalesce(t.of_month, 0) as of_month"""
# A season that was final when its account was merged stays with it; all else is the survivor's.
_PLACES = f"""
with recursive merged as (
    select account_id from member_merge where {_RANGE} or into_account between :first and :last
    union select g.account_id from member_merge g join merged m on g.into_account = m.account_id
), way as (
    select e.account_id, e.season, e.account_id as holder from merged join entry e using (account_id)
        where e.season is not null
    union select w.account_id, w.season, g.into_account from way w
        join member_merge g on g.account_id = w.holder and w.season <> all(g.kept_seasons)
), held as (
    select * from way w where not exists
        (select from member_merge g where g.account_id = w.holder and w.season <> all(g.kept_seasons))
), taken as (
    select {_TAKEN} from entry where {_RANGE} and kind in ('reversal', 'restore') group by 1, 2
    union all select {_TAKEN} from merged join entry using (account_id)
        where not ({_RANGE}) and kind in ('reversal', 'restore') group by 1, 2
), award as materialized (
    select account_id as of_season_account, account_id as present, {_AWARD}
        from entry e left join taken t using (account_id, seq) where e.{_RANGE} and e.kind = 'award' and {_NOT_MERGED}
    union all select h.holder, m.merged_into, {_AWARD}
        from merged join member m using (account_id) join entry e using (account_id)
        left join taken t using (account_id, seq) left join held h using (account_id, season)
        where e.kind = 'award' and m.merged_into is not null
), place as (
    select 'season' as leaderboard, season as period, of_season_account as account_id, sum(of_season) as points,
        max(occurred_at) filter (where of_season > 0) as reached_at from award
        where season is not null and of_season_account between :first and :last group by 2, 3
    union all select 'month', month, present, sum(of_month), max(occurred_at) filter (where of_month > 0)
        from award where month is not null and present between :first and :last group by 2, 3
    union all select 'all-time', date '0001-01-01', present, sum(points), max(occurred_at) filter (where points > 0)
        from award where present between :first and :last group by 3
), period as (
    (select leaderboard, period from leaderboard_points order by 1, 2 limit 1)
    union all select n.leaderboard, n.period from period p cross join lateral (
        select leaderboard, period from leaderboard_points l where (l.leaderboard, l.period) > (p.leaderboard, p.period)
        order by 1, 2 limit 1) n
), shown as (
    select leaderboard, period, l.account_id, l.points, l.reached_at
    from period join leaderboard_points l using (leaderboard, period)
    where l.{_RANGE} and leaderboard <> 'streak'
)"""
"""Places as the entries make them, and as they are shown: each period's accounts are found by the primary key."""
_RUNS = f"""
with visit as (
    select account_id, day, checked_in_at from attendance where {_RANGE} and {_NOT_MERGED}
    union all select m.merged_into, a.day, a.checked_in_at from member m join attendance a using (account_id)
        where m.merged_into between :first and :last
), present as (
    select account_id, day, min(checked_in_at) as checked_in_at from visit group by 1, 2
), island as (
    select account_id, day, day - cast(row_number() over (partition by account_id order by day) as int) as island
    from present
), run as (
    select account_id, min(day) as first, max(day) as last from island group by account_id, island
)"""
CAPS = f"""
with capped as materialized (
    select key, key || '@' || version as rule, definition ? 'times_per_day' or definition ? 'points_per_day' as a_day,
        coalesce(cast(definition ->> 'once_ever' as boolean), false) or definition ? 'cooldown_s' as ever from rule
), award as (
    select v.account_id, r.key as rule_key, v.points, v.occurred_at, r.a_day, r.ever
    from event v join capped r on r.key = v.type and r.rule = v.rule and (r.a_day or r.ever)
    where v.{_RANGE} and v.outcome = 'awarded' and v.{_NOT_MERGED}
    union all select m.merged_into, r.key, v.points, v.occurred_at, r.a_day, r.ever
    from member m join event v using (account_id)
    join capped r on r.key = v.type and r.rule = v.rule and (r.a_day or r.ever)
    where m.merged_into between :first and :last and v.outcome = 'awarded'
), used as (
    select account_id, rule_key, cast(cast(occurred_at at time zone :timezone as date) as text) as period, points,
        occurred_at
        from award where a_day
    union all select account_id, rule_key, 'ever', points, occurred_at from award where ever
), decided as (
    select account_id, rule_key, period, count(*) as times, cast(sum(points) as bigint) as points,
        max(occurred_at) as last_at
    from used group by 1, 2, 3
), noted as (
    select * from cap_usage where {_RANGE}
)
select account_id, rule_key, period, coalesce(c.times, 0) as times, coalesce(c.points, 0) as points, c.last_at,
    coalesce(d.times, 0) as decided_times, coalesce(d.points, 0) as decided_points, d.last_at as decided_last_at
    from decided d full join noted c using (account_id, rule_key, period)
    where (c.times, c.points, c.last_at) is distinct from (d.times, d.points, d.last_at) order by 1, 2, 3
"""
"""Usage of caps that differs from the decisions, by days of the wall clock: look again where clocks change."""
AWARDS_OF_RULE = f"""
select v.points, v.occurred_at from event v join rule r on r.key = v.type and r.key || '@' || r.version = v.rule
    where v.{OF_MEMBER} and v.type = :rule_key and v.outcome = 'awarded'
    and (r.definition ? 'times_per_day' or r.definition ? 'points_per_day')
"""
LEADERBOARDS = f"""
{_PLACES}
select leaderboard, period, account_id, coalesce(s.points, 0) as points, coalesce(p.points, 0) as points_due,
    s.reached_at, date_trunc('second', p.reached_at) as reached_at_due
    from place p full join shown s using (leaderboard, period, account_id)
    where coalesce(s.points, 0) <> coalesce(p.points, 0)
        or (s.points > 0 and s.reached_at <> date_trunc('second', p.reached_at))
    order by 3, 1, 2
"""
"""Places that are not shown as the entries make them."""
OF_ACCOUNTS: Checks = {
    "check-ins": (
        "check-in of account {} on {}: {}",
        f"""
{_RUNS}
select account_id, cast(day as text), 'no decision stands behind it' from attendance a
    where a.{_RANGE} and (a.origin = 'check-in' or a.transfer_id is not null) and not exists (select from event v
    where v.{_RANGE} and v.source = 'attendance' and v.event_id = a.account_id || ':' || a.day
    and v.transfer_id = a.transfer_id)
union all select v.account_id, v.event_id, 'it was decided and is not there'
    from event v where v.{_RANGE} and v.source = 'attendance' and not exists (select from attendance a
    where a.{_RANGE} and v.event_id = a.account_id || ':' || a.day and a.transfer_id = v.transfer_id)
union all select a.account_id, cast(a.day as text),
        'it says ' || a.streak || ' days in a row, the check-ins say ' || a.day - r.first + 1
    from attendance a join run r on r.account_id = a.account_id and a.day between r.first and r.last
    where a.{_RANGE} and {_NEVER_IN_A_MERGE}
    and (a.streak > a.day - r.first + 1 or (a.streak <> a.day - r.first + 1 and not exists
    (select from attendance i where i.account_id = a.account_id and i.origin = 'import')))
    order by 1, 2
""",
    ),
    "streaks": (
        "streak of account {} on {}: the leaderboard has {} days reached at {}, the check-ins say {} at {}",
        f"""
{_RUNS}, alive as (
    select r.account_id, d.day, r.last - r.first + 1 as days, date_trunc('second', a.checked_in_at) as reached_at
    from run r join unnest(cast(:days as date[])) as d(day) on r.last between d.day - 1 and d.day
    join present a on a.account_id = r.account_id and a.day = r.last
), shown as (
    select account_id, period as day, points, reached_at from leaderboard_points
    where {_RANGE} and leaderboard = 'streak' and points > 0 and period = any(cast(:days as date[]))
)
select account_id, day, coalesce(s.points, 0), s.reached_at, coalesce(a.days, 0), a.reached_at
    from alive a full join shown s using (account_id, day)
    where (s.points, s.reached_at) is distinct from (cast(a.days as bigint), a.reached_at) order by 1, 2
""",
    ),
    "seasons": (
        "season {}: account {} entry {} counts in it and did not occur in it",
        f"""
select e.season, e.account_id, e.seq
    from entry e left join season s on s.season_id = e.season
    where e.{_RANGE} and e.kind = 'award' and e.season is not null
    and not coalesce(e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at, false)
    order by 2, 3
""",
    ),
    "accounts": (
        "account {}: no member belongs to it, though it has {} decisions",
        f"""
select account_id, a.decisions from account a left join member m using (account_id)
    where a.{_RANGE} and m.created_at is null and (a.decisions > 0 or a.version > 0) order by 1
""",
    ),
}
OF_DAYS: Checks = {
    "attendance": (
        "attendance of {}: {} members are counted, {} are there, in places {} to {}",
        f"""
with there as (
    select day, count(*) as members, min(place) as first, max(place) as last from attendance where {_DAYS} group by 1
),
    counted as (select * from attendance_day where {_DAYS})
select day, coalesce(d.members, 0), coalesce(t.members, 0), t.first, t.last
    from there t full join counted d using (day)
    where coalesce(d.members, 0) <> coalesce(t.members, 0) or coalesce(t.first, 1) <> 1
    or coalesce(t.last, 0) <> coalesce(t.members, 0) order by 1
""",
    ),
}
OF_SEASONS: Checks = {
    "standing": (
        "standing of season {}, account {}: it has {} points reached at {}, its leaderboard says {} at {}",
        f"""
select t.season_id, t.account_id, t.points, t.reached_at, coalesce(p.points, 0), p.reached_at
    from standing t left join leaderboard_points p
    on p.leaderboard = 'season' and p.period = t.season_id and p.account_id = t.account_id
    where t.{_SEASONS} and (t.points, t.reached_at) is distinct from (p.points, p.reached_at) order by 1, 2
""",
    ),
    "order of a standing": (
        "standing of season {}, position {}: {}",
        f"""
with line as (
    select t.*, s.state, lag(position, 1, 0) over w + 1 as due, lag(points) over w as points_before,
        lag(reached_at) over w as reached_before, count(place) over w as due_place
    from standing t left join season s using (season_id)
    where t.{_SEASONS} window w as (partition by season_id order by position)
)
select season_id, position, case when state is distinct from 'final' then 'the season is not final'
    when position <> due then 'position ' || due || ' is missing before it'
    when place <> due_place then 'it has place ' || place || ' instead of ' || due_place
    else 'it has more points than the line before it, or reached as many sooner' end from line
    where state is distinct from 'final' or position <> due or place <> due_place or points > points_before
    or (points = points_before and reached_at < reached_before) order by 1, 2
""",
    ),
    "prizes": (
        "prize of season {} place {}: account {} got it, account {} has that place in the standing",
        f"""
with promised as (
    select s.season_id, t.place, t.account_id from season s cross join jsonb_array_elements(s.prizes) as z
    join standing t on t.season_id = s.season_id and t.place = cast(z ->> 'place' as bigint) where s.state = 'final'
    and s.{_SEASONS}
), given as (
    select p.season_id, p.place, case when r.account_id = p.account_id and r.origin = 'prize' then p.account_id end
        as account_id from prize p left join redemption r using (redemption_id) where p.attempt = 1 and p.{_SEASONS}
)
select season_id, place, g.account_id, p.account_id from promised p full join given g using (season_id, place)
    where g.account_id is distinct from p.account_id order by 1, 2
""",
    ),
}
OF_ALL: Checks = {
    "seasons": (
        "season {}: it begins before season {} has ended",
        """
select s.season_id, o.season_id from season s
    join season o on o.starts_at < s.starts_at and o.ends_at > s.starts_at order by 1, 2
""",
    ),
    "season history": (
        "season {}: its state is {}, its history says {}",
        """
with history as (
    select season_id, string_agg(state, '>' order by array_position(cast(:states as text[]), state)) as states
    from season_history group by 1
), way as (
    select season_id, state,
        array_to_string((cast(:states as text[]))[1 : array_position(cast(:states as text[]), state)], '>') as states
    from season
)
select season_id, w.state, coalesce(h.states, 'nothing') from way w left join history h using (season_id)
    where w.states is distinct from h.states order by 1
""",
    ),
}

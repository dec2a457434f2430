"""The service's own tables: members, rules, seasons, leaderboards, attendance, who may come in."""

from rewards.tables.access import ApiKey, Audit, SignInFailure, Staff, StaffSession
from rewards.tables.attendance import Attendance, AttendanceDay, Greeting
from rewards.tables.desk import (
    Adjustment,
    AdjustmentHistory,
    AdjustmentReason,
    Demo,
    IdempotentAnswer,
    Picture,
    Verification,
    VerificationRound,
)
from rewards.tables.earning import CapUsage, Policy, Rule
from rewards.tables.members import Member, MemberMerge, MemberSession, SignInToken
from rewards.tables.ranking import (
    SEASON_EDGES,
    Disqualification,
    LeaderboardPoints,
    MidnightRank,
    Prize,
    Season,
    SeasonHistory,
    Standing,
)
from rewards.tables.webhooks import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
    WebhookNumber,
    WebhookSight,
)

__all__ = [
    "SEASON_EDGES",
    "Adjustment",
    "AdjustmentHistory",
    "AdjustmentReason",
    "ApiKey",
    "Attendance",
    "AttendanceDay",
    "Audit",
    "CapUsage",
    "Demo",
    "Disqualification",
    "Greeting",
    "IdempotentAnswer",
    "LeaderboardPoints",
    "Member",
    "MemberMerge",
    "MemberSession",
    "MidnightRank",
    "Picture",
    "Policy",
    "Prize",
    "Rule",
    "Season",
    "SeasonHistory",
    "SignInFailure",
    "SignInToken",
    "Staff",
    "StaffSession",
    "Standing",
    "Verification",
    "VerificationRound",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
    "WebhookNumber",
    "WebhookSight",
]

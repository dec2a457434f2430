"""The ledger's tables, and the declarative `Base` that the market and the rewards service build on.

Points are whole numbers, times are UTC. A table marked `APPEND_ONLY` is protected twice: the service's role holds
neither UPDATE nor DELETE on it, and a trigger refuses both, and TRUNCATE, even to the owner. A table marked
`state_edges` has one
`state` column that moves only along the listed edges, each in the transaction that inserts its line of history.
"""

from ledger.tables.accounts import Account, Entry, EntryNote
from ledger.tables.blocks import Block, BlockLeaf
from ledger.tables.declarative import APPEND_ONLY, BYTES_ORDER, EMPTY_HEAD, Base, Xid8
from ledger.tables.events import Event, EventData
from ledger.tables.holds import Hold, HoldHistory
from ledger.tables.lots import LapseNotice, LapseRun, Lot, LotUse
from ledger.tables.outbox import Outbox, OutboxGeneration

__all__ = [
    "APPEND_ONLY",
    "BYTES_ORDER",
    "EMPTY_HEAD",
    "Account",
    "Base",
    "Block",
    "BlockLeaf",
    "Entry",
    "EntryNote",
    "Event",
    "EventData",
    "Hold",
    "HoldHistory",
    "LapseNotice",
    "LapseRun",
    "Lot",
    "LotUse",
    "Outbox",
    "OutboxGeneration",
    "Xid8",
]

"""The ledger: accounts, entries, events and their decisions, holds, outbox. Knows only SQLAlchemy."""

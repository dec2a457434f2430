"""The only Flask parts that calls and pages share: problems, who asks, idempotency, cursors, the transaction."""

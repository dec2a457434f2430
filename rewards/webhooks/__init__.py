"""Telling the forum what happened: messages made of the outbox's notices, delivered to endpoints again and again."""

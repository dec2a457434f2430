"""Discourse: its webhooks for posts, likes and users. docs/how-to/connect-discourse.md connects one."""

"""The demo: half a year of a real community's messages, sent to the service as a forum would send them."""

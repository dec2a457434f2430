"""Earning: what an event of the forum earns or costs, decided once and recorded."""

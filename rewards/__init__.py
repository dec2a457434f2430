"""Points, attendance, a weekly ranking and a gift-card market for one community forum."""

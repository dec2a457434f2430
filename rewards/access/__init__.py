"""Who may come in: keys of the forum's backend, staff, members with the forum's token or signed in on the pages."""

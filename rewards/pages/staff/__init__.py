"""The staff's pages, under /staff: dense but calm, for the keyboard alone too."""

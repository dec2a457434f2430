"""What staff do, each with its line in the audit: the same for the API and the pages. The caller commits."""

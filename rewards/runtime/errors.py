class OperatorError(Exception):
    """Something that the operator must mend; the text says what, so no traceback stands before it."""

"""What a person decides about videos that wait, or that count: keep, reject, or take back.

Decisions come from flags or from the file that the report's page saves, which anybody may have edited.
"""

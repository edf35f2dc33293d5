"""What came of many items: the numbers of a report, how a run ends, and files that two jobs brought alike.

Sums of what lives and journals tell; nothing here decides about an item. Reports print these numbers, and compute none
of their own.
"""

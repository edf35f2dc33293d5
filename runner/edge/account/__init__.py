"""What the runs of this machine know of each other when they use one account, so that no limit is exceeded together.

A file for each account, named by a digest of its key; each run claims a place in it before it submits, and a claim
whose process died is nobody's after a while. `accounts` also says where s2v keeps what it remembers for this user.
"""

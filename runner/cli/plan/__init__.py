"""From what was typed to a plan: the manifest judged, items chosen, providers' offers, the lock, and what lies ahead.

Nothing is sent and nothing written here but the plan's lock. A command that takes a manifest or a run folder comes by
`target`, and by `planning` for the items that the manifest asks for.
"""

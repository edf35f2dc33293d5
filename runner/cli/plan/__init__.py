"""From what was typed to a plan: the manifest judged, items chosen, providers' offers, the lock, and what lies ahead.

Nothing is sent and nothing written here but the plan's lock. All commands that read a manifest or a run folder come by
`target` and `planning`.
"""

"""Doors to the world, one each: wire, files, object store, journal, accounts, videos, portraits, callbacks, watchers.

Owns every system call of a run and translates foreign exceptions at its door; implements the Protocols of
`engine.ports`. May import everything below (floors 0 to 2); one third-party package has one door. Must never hold: a
decision about money, a provider's words, or another door's business.
"""

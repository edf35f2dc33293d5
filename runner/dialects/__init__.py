"""The room of the providers' dialects: one module each, of generator functions and tables.

Owns paths, field names, status words and error codes, each with its source and confidence, and the literal registry
that names them. May import floor 0 and the standard library. Must never hold: sleep, retry, logging, environment,
open files, `async`, or another dialect.
"""

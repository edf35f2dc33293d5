"""The room of pure thought: what an item's life means, what a run may do now, what is bought, what lies ahead.

Owns every decision of the program, as functions of values, on five shelves that know those before them: `life`, `sums`,
`limits`, `plan`, `outlook`. May import floor 0 and the standard library. Must never hold: input or output, `async`, a
clock, randomness, a provider's words, a file path that is opened.
"""

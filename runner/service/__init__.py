"""The room of the S2V service itself: the API that `provider: local` and `s2v serve` speak to.

Owns what was ordered, in a store that outlives every crash, and whose turn it is; the step that draws a film; HTTP, one
module a dialect over one `counter`; terms, callbacks, and the faults that a script asks for. May import floor 0,
executors, animatic, starlette, uvicorn and PIL; httpx by `outgoing` alone, torch, diffusers and tqdm by `gpu` and `wan`
alone. Must never hold: a render in the event loop, a job not on disk, a link to an address that was not judged.
"""

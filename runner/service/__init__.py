"""The room of the S2V service itself: the API that `provider: local` and `s2v serve` speak to.

Owns what was ordered, in a durable store, and whose turn it is; the step that draws a film (`steps`); the HTTP face,
one module per provider's dialect over one counter; the terms of business, the callbacks, and the faults that a script
asks for. May import floor 0, executors, animatic (in the workers only), starlette, uvicorn and PIL; httpx comes in
by `outgoing` alone, torch, diffusers and tqdm by `gpu` and `wan` alone: the embedded service never loads any of them.
Must never hold: a render in the event loop, a job whose order is not on disk, a connection to an address that was not
judged. The store outlives every crash; a key that was used once never buys a second job.
"""

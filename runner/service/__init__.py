"""The room of the S2V service itself: the API that `provider: local` and `s2v serve` speak to.

Owns what was ordered, in a durable store; the rendering of it in worker processes that die with their parent; and the
HTTP face, one module per provider's dialect. May import floor 0, animatic (in the worker processes only), starlette,
uvicorn and PIL. Must never hold: a request to anybody else, a render in the event loop, a job whose order is not on
disk. The store outlives every crash; a key that was used once never buys a second job.
"""

"""The life of one item: the facts it is folded from, what it is called, whose its job is, what there is to do for it.

The bottom of this room. `lifecycle` is the only meaning of a run, `state` what is known of an item by it; `fate` says
what becomes of a video that was judged, `purging` what stays of a person's item, `money` how amounts add up. `joining`
makes one life of several, and invents no fact.
"""

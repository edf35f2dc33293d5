"""The life of one item: the facts that it is folded from, what it is called, and what there is to do for it now.

The bottom of this room. `lifecycle` is the only meaning of a run; `joining` makes one life of several, and invents no
fact.
"""

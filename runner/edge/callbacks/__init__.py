"""Where providers call back: a port with a thread of its own, a path for each submit, and a box for what was said.

What comes in is a stranger's word. It is worth no more than a hint, and a path that this run did not make is worth
nothing. The engine takes the hints out of the box by its port; neither side ever waits for the other.
"""

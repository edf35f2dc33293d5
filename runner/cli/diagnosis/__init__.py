"""What `s2v doctor` looks at: each module gives findings about one thing, in the order in which a run would meet them.

It asks the functions that a run goes through itself, and leaves nothing behind. At most one request goes to each
provider: a question after a job that cannot exist, which costs nothing.
"""

"""What words mean to the animatic, as data, and how a phrase of the data is found in a prompt.

The tables `face`, `body`, `camera`, `look` and `grammar` hold only words, English and Chinese, in the small notation
that `notation` explains: to teach a phrase, add it to its row, and a line to tests/animatic/phrases.txt. `tokens` cuts
a prompt into words, `matching` finds the longest phrases in it, `table` puts all the tables together.
"""

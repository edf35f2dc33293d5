"""What a shell offers at the Tab key: scripts for bash, zsh and fish, made of the very parser that reads the words.

`words` takes out of the parser what can be typed where; each shell is one module that writes it down in its own tongue.
No script calls s2v, so that a completion takes no time and works wherever the script is.
"""

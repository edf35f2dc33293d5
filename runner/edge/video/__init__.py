"""Videos: brought home, opened, decoded, judged and signed; by workers where a file might kill its decoder.

What counts was decoded to its last frame, or looked at as the manifest asks. Nothing here buys, or decides what
becomes of a video that did not pass.
"""

"""The room of faces: from pixels to where a face is, its points and eyes, the person around it, and whose face it is.

Owns the network files (`models/`, with their notice), the check of their digests, and the arithmetic around each; all
is a function of pixels: rows of (blue, green, red), x to the right, y down; a person's left eye is on the right. May
import floor 0, numpy and cv2. Must never hold: a clock, a network connection, a file outside this room, or anything
about a person beyond the call that asked: no picture, no points, no embedding is kept.
"""

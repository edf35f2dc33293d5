"""The room of faces: from pixels to where a face is, its points and eyes, the person around it, and whose face it is.

Owns the network files (`models/`, with their notice), the check of their digests, and the arithmetic around each. May
import floor 0, numpy and cv2. Must never hold: a clock, a network connection, a file outside this room, or anything
about a person beyond the call that asked: no picture, no points, no embedding is kept.
Everything is a function of the pixels. Pixels are rows of (blue, green, red) bytes; places are in pixels, x to the
right and y down. A person's left eye is on the right of the picture.
"""

"""The room of the local renderer: one portrait and a prompt become the frames of a short film, on the CPU.

Owns how a picture is read, taken apart and framed, what words make a person, a camera and the light do, how a frame is
composed, labelled and encoded: `render` is the one call, and tells the way of a clip. May import floor 0, faces, numpy,
cv2, PIL and av. Must never hold: a clock, a network connection, a random number that the seed does not give, state
between two calls, or the words of a provider. The same call gives the same bytes on the same machine.
"""

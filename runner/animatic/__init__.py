"""The room of the local renderer: one portrait and a prompt become the frames of a short film, on the CPU.

Owns how a picture is read and framed, what words move the camera, how a frame is composed, labelled and encoded. May
import floor 0, numpy, cv2, PIL and av. Must never hold: a clock, a network, a random number that the seed does not
give, state between two calls, or the words of a provider. The same call gives the same bytes on the same machine.
Import `render` from `.render`: this door itself loads nothing heavy.
"""

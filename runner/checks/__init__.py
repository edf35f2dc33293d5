"""The room of judging: the frames of a whole video go in, and out comes whether it is worth keeping, and why.

Owns what follows from what was measured (`judgement`), and the two measures: motion (`technical`: frozen, black, cuts)
and likeness (`identity`: is it still the person of the portrait). May import floor 0, where thresholds (`gates`) and
findings (`judgement`) are words that everybody can say, faces, numpy and cv2; `judgement` needs floor 0 alone. Must
never hold: a file, a decoder (its frames come by `edge.video.screening`), a policy (who pays for a retake is the
engine's), or an embedding beyond the call that needed it: distances are written, embeddings never.
"""

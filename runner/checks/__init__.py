"""The room of judging: the frames of a whole video go in, and out comes whether it is worth keeping, and why.

Owns the thresholds (`gates`), what was measured and what follows from it (`judgement`), and the two measures: motion
(`technical`: frozen, black, cuts) and likeness (`identity`: is it still the person of the portrait). May import floor
0, faces, numpy and cv2; `gates` and `judgement` import none of these but floor 0, so that everybody can speak of a
judgement. Must never hold: a file, a decoder (its frames come by `edge.screening`), a policy (who pays for a retake is
the engine's), or an embedding beyond the call that needed it: distances are written, embeddings never.
"""

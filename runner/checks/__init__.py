"""The room of judging: the frames of a whole video go in, and out comes whether it is worth keeping, and why.

Owns the one pass over the frames (`watching`), the measures of motion (`technical`) and of likeness (`identity`), and
what follows from them (`judgement`, which needs floor 0 alone). May import floor 0, faces, numpy and cv2. Must never
hold: a file, a decoder (its frames come by `edge.video.screening`), a policy (who pays for a retake is the engine's),
or an embedding beyond the call that needed it: distances are written, embeddings never.
"""

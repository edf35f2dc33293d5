"""The room of the local renderer: one portrait and a prompt become the frames of a short film, on the CPU.

Owns how a picture is read, taken apart and framed, what words make a person, a camera and the light do, how a frame is
composed, labelled and encoded. May import floor 0, faces, numpy, cv2, PIL and av. Must never hold: a clock, a network
connection, a random number that the seed does not give, state between two calls, or the words of a provider. The same
call gives the same bytes on the same machine.

The way of a clip, module by module: `picture` reads the portrait, `portrait` looks into it (`anatomy`, `matte`,
`spectacles`), `timeline` reads the prompt into `beats`; `scene` prepares the layers (`cutout`, `filling`, `plate`) and
who moves what (`acting` with `deeds` and `stride`, `camera` with `framing`, `looks`); `frame` draws one moment: paints
the face (`face_paint`: `shadow`, `lids`, `mouth`, `inside`), bends head and skin (`head`, `bulges`), and samples
(`sampling`); `encoder` writes. Import `render` from `.render`: this door itself loads nothing heavy.
"""

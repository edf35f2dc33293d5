"""The manifest's room: text becomes a typed `model.Manifest`, and every problem is named with its place.

Owns strict YAML, the schemas and the words of their errors, tables, the matrix, and the starter manifest. The front
door is `parse.read`. May import floor 0, the standard library, `yaml` and `jsonschema` (which have no other room).
Must never hold: the network, a key, a look into a portrait, a provider's judgement, or a plan.
"""

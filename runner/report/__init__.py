"""The room of reports: a Summary and its rows become a page, Markdown, JSON, JSON lines, CSV and JUnit XML.

Owns every text that a run leaves behind or tells on the way, for people and programs (sidecars, credentials, glances,
metrics), and the cleaning of what others wrote. May import floors 0 and 1 and the standard library. Must never hold: a
file that is opened, a clock, the environment, an absolute path, or a decision about a run. The same journal gives the
same bytes, on any machine and on any day.
"""

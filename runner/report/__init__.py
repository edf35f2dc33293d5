"""The room of reports: a Summary and its rows become Markdown, JSON, JSON lines, CSV and JUnit XML.

Owns every text that a run leaves behind for people and programs, and the cleaning of what others wrote. May import
floors 0 and 1 and the standard library. Must never hold: a file that is opened, a clock, the environment, an absolute
path, or a decision about a run. The same journal gives the same bytes, on any machine and on any day.
"""

"""The room of exports: the finished videos of a run become a data set that the usual libraries load.

Owns the columns of a sample, the split by person, and every file of a data set. May import floors 0 to 2 and, of the
edge, the doors to files; pyarrow has its one door here. Must never hold: a network, a clock, a decision about a run, a
write inside the run folder. The same journal and the same flags give the same bytes.
"""

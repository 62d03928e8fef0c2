"""Trees over the single records of a file: salted, so that showing one tells nothing of the others.

Modules are imported one by one, and late: those that read tables load pyarrow and numpy, which
start threads.
"""

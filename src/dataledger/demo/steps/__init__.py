"""The work on the data: what each organisation does to the files, without knowing any ledger.

Each step reads one directory and writes another, or only reads. Equal input gives equal bytes, so
that whoever has the input can repeat the step and compare content roots.
"""

"""The chain's events in a database, for questions that a contract cannot answer.

`store` holds the database, `schema` its tables.
"""

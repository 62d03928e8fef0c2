"""The main job, end to end: a dataset's whole life, told as it happens."""

"""The owner's node: it computes beside the data, and lets out what was granted and paid for."""

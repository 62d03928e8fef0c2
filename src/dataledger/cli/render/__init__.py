"""What commands answer: for people on a terminal, and as JSON for programs."""

"""Typed bindings of the contracts: values, events, calls, and refusals in words. No network."""

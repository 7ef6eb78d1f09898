"""Buyer and seller rate each other: private until both have written or time is up."""

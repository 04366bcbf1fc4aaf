"""Slow, obvious implementations that fast code is held against."""

"""Chains made for tests."""

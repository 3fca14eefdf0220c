"""Requests that run as they are, the program that makes their assets, and how to submit many at once."""

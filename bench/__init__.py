"""Benchmarks: measured, never asserted. ``make bench`` runs them and writes ``bench/results.json``."""

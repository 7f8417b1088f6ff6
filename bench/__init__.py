"""Figures, not tests: each script prints its ratios and never fails on a time. How to run them: docs/scale.md."""

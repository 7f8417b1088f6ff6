"""Whole messages for telling a series, one JSON file a language; read by `addin.recurrence.phrase` only."""

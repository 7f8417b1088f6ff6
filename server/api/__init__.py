"""The JSON API: parse, who, idempotency, then one use case; no decision of its own."""

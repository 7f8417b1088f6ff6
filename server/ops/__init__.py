"""What keeps an eye on the running server: health, readiness, metrics."""

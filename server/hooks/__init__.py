"""Where Microsoft tells us that something changed: check, keep, answer; nothing else."""

"""The pages that people reach from an invitation."""

"""The stand-in of Graph."""

"""The stand-in of Entra."""

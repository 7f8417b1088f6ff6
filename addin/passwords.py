"""Makes room passwords that a person can read out; it must not know where they are used."""

import secrets

_LETTERS = "abcdefghjkmnpqrstuvwxyz"  # no i, l, o: they read like digits
_DIGITS = "23456789"
_LENGTH = 10


def new_password() -> str:
    """Ten letters and digits (U29: the service takes 1 to 64, its own plugin makes 8), about 45 bits."""
    characters = [secrets.choice(_LETTERS + _DIGITS) for _ in range(_LENGTH - 2)]
    characters += [secrets.choice(_LETTERS), secrets.choice(_DIGITS)]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)

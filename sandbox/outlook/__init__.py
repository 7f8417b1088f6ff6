"""The stand-in of Outlook."""

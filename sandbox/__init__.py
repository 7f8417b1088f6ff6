"""A desk-sized Microsoft 365 and ClickMeeting over HTTP; it shares no code with the product that it tests."""

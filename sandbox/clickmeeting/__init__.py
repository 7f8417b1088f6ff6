"""The stand-in of ClickMeeting."""

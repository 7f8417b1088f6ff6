"""The account at ClickMeeting over its REST API v1; it must not know the calendar, the store or how it is hosted."""

from addin.clickmeeting.client import ClickMeetingSettings
from addin.clickmeeting.rooms import ClickMeetingRooms

__all__ = ["ClickMeetingRooms", "ClickMeetingSettings"]

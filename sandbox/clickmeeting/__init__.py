"""ClickMeeting's REST API v1 and room pages, as far as a scheduling add-in meets them; it must not know the product."""

"""The events that Outlook can start in an appointment, by both names, with the set that brought each; data only.

Source: Outlook add-in facts 4.
"""

_EVENTS: tuple[tuple[str, str, tuple[int, int]], ...] = (
    ("OnNewAppointmentOrganizer", "newAppointmentOrganizerCreated", (1, 10)),
    ("OnAppointmentOrganizer", "appointmentOrganizerOpened", (1, 12)),
    ("OnAppointmentTimeChanged", "appointmentTimeChanged", (1, 11)),
    ("OnAppointmentAttendeesChanged", "appointmentAttendeesChanged", (1, 11)),
    ("OnAppointmentRecurrenceChanged", "appointmentRecurrenceChanged", (1, 11)),
    ("OnAppointmentAttachmentsChanged", "appointmentAttachmentsChanged", (1, 11)),
    ("OnAppointmentSend", "appointmentSending", (1, 12)),
    ("OnAppointmentFromChanged", "appointmentFromChanged", (1, 13)),
    ("OnSensitivityLabelChanged", "sensitivityLabelChanged", (1, 13)),
    ("OnInfoBarDismissClicked", "infoBarDismissClicked", (1, 11)),
)
XML_EVENTS = frozenset(event for event, _, _ in _EVENTS)
UNIFIED_EVENTS = {unified: since for _, unified, since in _EVENTS}

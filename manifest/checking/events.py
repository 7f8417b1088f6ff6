"""The events that Outlook can start in an appointment, by both of their names; data only (Outlook add-in facts 4)."""

EVENTS = {
    "OnNewAppointmentOrganizer": "newAppointmentOrganizerCreated",
    "OnAppointmentOrganizer": "appointmentOrganizerOpened",
    "OnAppointmentTimeChanged": "appointmentTimeChanged",
    "OnAppointmentAttendeesChanged": "appointmentAttendeesChanged",
    "OnAppointmentRecurrenceChanged": "appointmentRecurrenceChanged",
    "OnAppointmentAttachmentsChanged": "appointmentAttachmentsChanged",
    "OnAppointmentSend": "appointmentSending",
    "OnAppointmentFromChanged": "appointmentFromChanged",
    "OnSensitivityLabelChanged": "sensitivityLabelChanged",
    "OnInfoBarDismissClicked": "infoBarDismissClicked",
}
XML_EVENTS = frozenset(EVENTS)
UNIFIED_EVENTS = frozenset(EVENTS.values())

"""The stand-in of Microsoft Graph: calendars, mail and change notifications, as strict as the service."""

"""What the add-in is: its surfaces, commands, events, languages and permissions; it must not know how they are written.

Both writers (`addin_only`, `unified`) read this and nothing else. The names of Outlook's surfaces and events are those
of Outlook add-in facts 1.2, 1.3 and 4.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

ADD_IN_ID = "c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01"
PROVIDER = "ClickMeeting for Outlook"
ACCENT = "#0F6CBD"

# The least set: phones and Exchange Server stop at 1.5, so everything later is asked for at run time.
MAILBOX_SET = "1.3"
PERMISSION = "ReadWriteItem"

PANE_PAGE = "/taskpane/taskpane.html"
COMMANDS_PAGE = "/taskpane/commands.html"
EVENTS_SCRIPT = "/taskpane/events.js"
ABOUT_PAGE = "/taskpane/about.html"

DEFAULT_LOCALE = "en-US"
# The locales that Outlook shows, by the language whose texts they get; Outlook matches the whole tag.
LOCALES: Mapping[str, tuple[str, ...]] = {
    "fr": ("fr-FR", "fr-CA"),
    "de": ("de-DE",),
    "es": ("es-ES", "es-MX"),
    "pt": ("pt-PT", "pt-BR"),
    "it": ("it-IT",),
    "nl": ("nl-NL",),
    "pl": ("pl-PL",),
    "ru": ("ru-RU",),
    "ar": ("ar-SA",),
}
LANGUAGES = ("en", *LOCALES)


@dataclass(frozen=True)
class Surface:
    """Where commands show: its name in the add-in-only manifest and its context in the unified one."""

    key: str
    extension_point: str
    context: str


ORGANISER = Surface("organiser", "AppointmentOrganizerCommandSurface", "meetingDetailsOrganizer")
ATTENDEE = Surface("attendee", "AppointmentAttendeeCommandSurface", "meetingDetailsAttendee")
MOBILE = Surface("mobile", "MobileOnlineMeetingCommandSurface", "onlineMeetingDetailsOrganizer")


@dataclass(frozen=True)
class Command:
    """A button. `function` is the associated function it calls; None opens the pane.

    Its texts are `<key>.label` and `<key>.tip`, its icons `<glyph>-<size>.png`.
    """

    key: str
    surface: Surface
    glyph: str
    function: str | None = None


COMMANDS = (
    Command("pane", ORGANISER, "app"),
    Command("add", ORGANISER, "add", "addClickMeeting"),
    Command("join", ATTENDEE, "join", "joinClickMeeting"),
    Command("numbers", ATTENDEE, "phone", "showNumbers"),
    Command("add", MOBILE, "mobile", "addClickMeeting"),
)


@dataclass(frozen=True)
class LaunchEvent:
    """A handler that Outlook itself starts: the event's two names, the function, and the set that brought it."""

    event: str
    unified_event: str
    function: str
    since: str
    send_mode: str | None = None


LAUNCH_EVENTS = (
    # adds nothing unless the organisation's policy says so
    LaunchEvent("OnNewAppointmentOrganizer", "newAppointmentOrganizerCreated", "onNewAppointment", "1.10"),
    LaunchEvent("OnAppointmentTimeChanged", "appointmentTimeChanged", "onAppointmentTimeChanged", "1.11"),
    LaunchEvent(
        "OnAppointmentRecurrenceChanged", "appointmentRecurrenceChanged", "onAppointmentRecurrenceChanged", "1.11"
    ),
    LaunchEvent(
        "OnAppointmentAttendeesChanged", "appointmentAttendeesChanged", "onAppointmentAttendeesChanged", "1.11"
    ),
    # the person may always send: neither a fault of ours nor an outage stops an invitation
    LaunchEvent("OnAppointmentSend", "appointmentSending", "onAppointmentSend", "1.12", send_mode="PromptUser"),
)

# in the order of their first command; the phone's has one command and no group
RIBBONS = tuple(dict.fromkeys(command.surface for command in COMMANDS if command.surface is not MOBILE))
RIBBON_SIZES = (16, 20, 24, 32, 40, 48, 64, 80)
UNIFIED_RIBBON_SIZES = (16, 32, 80)
MOBILE_SIZES = (25, 32, 48)
MOBILE_SCALES = (1, 2, 3)
LIST_ICON, LIST_ICON_LARGE = "app-64.png", "app-128.png"
PACKAGE_COLOR, PACKAGE_OUTLINE = "color.png", "outline.png"


@cache
def texts(language: str) -> Mapping[str, str]:
    """All texts of one of LANGUAGES by name; every language has the same names."""
    content: dict[str, str] = json.loads(
        resources.files("manifest").joinpath("texts", f"{language}.json").read_text("utf-8")
    )
    return content


@cache
def version() -> str:
    """The version of both manifests: the newest in `history.json`, three numbers."""
    history = json.loads(resources.files("manifest").joinpath("history.json").read_text("utf-8"))
    return str(history[-1]["version"])


def icon_file(glyph: str, size: int, scale: int = 1) -> str:
    """The file name of a button's icon. Mobile ones carry `size` in points; their pixels are size times scale."""
    return f"{glyph}-{size}x{scale}.png" if glyph == MOBILE.key else f"{glyph}-{size}.png"

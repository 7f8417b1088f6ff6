"""Writes the add-in-only XML manifest; it decides nothing that `source` does not say.

Order and nesting are those of Outlook add-in facts 1.2: the block of 1.0 for old clients, and inside it, complete in
itself, the block of 1.1 that every current client reads.
"""

from collections.abc import Iterator

from lxml import etree

from manifest import source
from manifest.place import Place
from manifest.source import Command, Surface

APP = "http://schemas.microsoft.com/office/appforoffice/1.1"
BASIC = "http://schemas.microsoft.com/office/officeappbasictypes/1.0"
OVERRIDES_1_0 = "http://schemas.microsoft.com/office/mailappversionoverrides"
OVERRIDES_1_1 = "http://schemas.microsoft.com/office/mailappversionoverrides/1.1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE = f"{{{XSI}}}type"

Element = etree._Element


def write(place: Place) -> bytes:
    """The manifest as UTF-8; the same bytes for the same place."""
    root = etree.Element(f"{{{APP}}}OfficeApp", {_TYPE: "MailApp"}, nsmap=_default(APP) | {"xsi": XSI, "bt": BASIC})
    _head(root, place)
    _Block(root, OVERRIDES_1_0, "1_0", place).write()
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _head(root: Element, place: Place) -> None:
    """What the oldest clients and the admin centre read."""
    for name, text in (
        ("Id", place.add_in_id),
        ("Version", f"{source.version()}.0"),
        ("ProviderName", source.PROVIDER),
        ("DefaultLocale", source.DEFAULT_LOCALE),
    ):
        _add(root, name, text)
    _told(_add(root, "DisplayName"), "name")
    _told(_add(root, "Description"), "description")
    _add(root, "IconUrl").set("DefaultValue", place.icon(source.LIST_ICON))
    _add(root, "HighResolutionIconUrl").set("DefaultValue", place.icon(source.LIST_ICON_LARGE))
    _add(root, "SupportUrl").set("DefaultValue", place.url(source.ABOUT_PAGE))
    _add(_add(root, "AppDomains"), "AppDomain", place.origin)
    _add(_add(root, "Hosts"), "Host").set("Name", "Mailbox")
    sets = _add(_add(root, "Requirements"), "Sets")
    required = _add(sets, "Set")
    required.set("Name", "Mailbox")
    required.set("MinVersion", source.MAILBOX_SET)
    form = _add(_add(root, "FormSettings"), "Form")
    form.set(_TYPE, "ItemEdit")
    _add(_add(form, "DesktopSettings"), "SourceLocation").set("DefaultValue", place.url(source.PANE_PAGE))
    _add(root, "Permissions", source.PERMISSION)
    rules = _add(root, "Rule")
    rules.set(_TYPE, "RuleCollection")
    rules.set("Mode", "Or")
    rule = _add(rules, "Rule")
    rule.set(_TYPE, "ItemIs")
    rule.set("ItemType", "Appointment")
    rule.set("FormType", "Edit")
    _add(root, "DisableEntityHighlighting", "true")


class _Block:
    """One VersionOverrides element; `resid`s are gathered while it is written, so that none points nowhere."""

    def __init__(self, parent: Element, namespace: str, number: str, place: Place) -> None:
        self.element = etree.SubElement(parent, f"{{{namespace}}}VersionOverrides", nsmap=_default(namespace))
        self.element.set(_TYPE, f"VersionOverridesV{number}")
        self.is_current = namespace == OVERRIDES_1_1
        self.place = place
        self.images: dict[str, str] = {}
        self.urls: dict[str, str] = {}
        self.short: dict[str, str] = {}
        self.long: dict[str, str] = {}

    def write(self) -> None:
        """Requirements, hosts, resources, then what only 1.1 knows or, in 1.0, the block of 1.1."""
        self._long(_add(self.element, "Description"), "description")
        sets = _basic(_add(self.element, "Requirements"), "Sets")
        sets.set("DefaultMinVersion", source.MAILBOX_SET)
        _basic(sets, "Set").set("Name", "Mailbox")
        host = _add(_add(self.element, "Hosts"), "Host")
        host.set(_TYPE, "MailHost")
        if self.is_current:
            self._runtime(host)
        self._desktop(_add(host, "DesktopFormFactor"))
        if self.is_current:
            self._mobile(_add(host, "MobileFormFactor"))
        self._image("app", 16)  # the pane's notices name this one
        self._resources()
        if self.is_current:
            self._sign_in()
        else:
            _Block(self.element, OVERRIDES_1_1, "1_1", self.place).write()

    def _runtime(self, host: Element) -> None:
        """A page for clients that have one, a script for classic Outlook on Windows, which has none."""
        runtime = _add(_add(host, "Runtimes"), "Runtime")
        runtime.set("resid", self._url("commands", source.COMMANDS_PAGE))
        script = _add(runtime, "Override")
        script.set("type", "javascript")
        script.set("resid", self._url("events", source.EVENTS_SCRIPT))

    def _desktop(self, desktop: Element) -> None:
        if self.is_current:
            _add(desktop, "SupportsSharedFolders", "true")
        _add(desktop, "FunctionFile").set("resid", self._url("commands", source.COMMANDS_PAGE))
        for surface in source.RIBBONS:
            tab = _add(self._point(desktop, surface.extension_point), "OfficeTab")
            tab.set("id", "TabDefault")
            group = _add(tab, "Group")
            group.set("id", f"{surface.key}.group")
            self._short(_add(group, "Label"), "group")
            for command in _commands(surface):
                self._button(group, command)
        if self.is_current:
            self._events(desktop)

    def _button(self, group: Element, command: Command) -> None:
        button = _control(group, "Button", command)
        self._short(_add(button, "Label"), f"{command.key}.label")
        tip = _add(button, "Supertip")
        self._short(_add(tip, "Title"), f"{command.key}.label")
        self._long(_add(tip, "Description"), f"{command.key}.tip")
        icon = _add(button, "Icon")
        for size in source.RIBBON_SIZES:
            image = _basic(icon, "Image")
            image.set("size", str(size))
            image.set("resid", self._image(command.glyph, size))
        self._action(button, command)

    def _mobile(self, mobile: Element) -> None:
        _add(mobile, "FunctionFile").set("resid", self._url("commands", source.COMMANDS_PAGE))
        for command in _commands(source.MOBILE):
            button = _control(self._point(mobile, command.surface.extension_point), "MobileButton", command)
            self._short(_add(button, "Label"), f"{command.key}.label")
            icon = _add(button, "Icon")
            for size in source.MOBILE_SIZES:
                for scale in source.MOBILE_SCALES:
                    image = _basic(icon, "Image")
                    image.set("size", str(size))
                    image.set("scale", str(scale))
                    image.set("resid", self._image(command.glyph, size, scale))
            self._action(button, command)

    def _action(self, control: Element, command: Command) -> None:
        action = _add(control, "Action")
        if command.function is None:
            action.set(_TYPE, "ShowTaskpane")
            _add(action, "SourceLocation").set("resid", self._url("pane", source.PANE_PAGE))
        else:
            action.set(_TYPE, "ExecuteFunction")
            _add(action, "FunctionName", command.function)

    def _events(self, desktop: Element) -> None:
        point = self._point(desktop, "LaunchEvent")
        events = _add(point, "LaunchEvents")
        for one in source.LAUNCH_EVENTS:
            event = _add(events, "LaunchEvent")
            event.set("Type", one.event)
            event.set("FunctionName", one.function)
            if one.send_mode:
                event.set("SendMode", one.send_mode)
        _add(point, "SourceLocation").set("resid", self._url("commands", source.COMMANDS_PAGE))

    def _sign_in(self) -> None:
        """For Office's own sign-in, where nested sign-in is missing and in classic Outlook's event handlers."""
        info = _add(self.element, "WebApplicationInfo")
        _add(info, "Id", self.place.client_id)
        _add(info, "Resource", self.place.resource)
        scopes = _add(info, "Scopes")
        for scope in ("openid", "profile"):
            _add(scopes, "Scope", scope)

    def _resources(self) -> None:
        resources = _add(self.element, "Resources")
        for kind, item, values in (("Images", "Image", self.images), ("Urls", "Url", self.urls)):
            group = _basic(resources, kind)
            for name, address in sorted(values.items()):
                element = _basic(group, item)
                element.set("id", name)
                element.set("DefaultValue", address)
        for kind, keys in (("ShortStrings", self.short), ("LongStrings", self.long)):
            group = _basic(resources, kind)
            for name, key in sorted(keys.items()):
                element = _basic(group, "String")
                element.set("id", name)
                _told(element, key, BASIC)

    def _point(self, parent: Element, kind: str) -> Element:
        point = _add(parent, "ExtensionPoint")
        point.set(_TYPE, kind)
        return point

    def _image(self, glyph: str, size: int, scale: int = 1) -> str:
        # "icon16" is the name by which the pane's notices ask for the smallest one
        name = f"icon{size}" if glyph == "app" else f"{glyph}{size}" + (f"x{scale}" if glyph == "mobile" else "")
        self.images[name] = self.place.icon(source.icon_file(glyph, size, scale))
        return name

    def _url(self, name: str, path: str) -> str:
        self.urls[f"{name}.url"] = self.place.url(path)
        return f"{name}.url"

    def _short(self, element: Element, key: str) -> None:
        self.short[key] = key
        element.set("resid", key)

    def _long(self, element: Element, key: str) -> None:
        self.long[key] = key
        element.set("resid", key)


def _default(namespace: str) -> dict[str, str]:
    """The namespace without a prefix; lxml names it None, which its type declarations do not know."""
    return {None: namespace}  # type: ignore[dict-item]


def _commands(surface: Surface) -> Iterator[Command]:
    return (command for command in source.COMMANDS if command.surface is surface)


def _control(parent: Element, kind: str, command: Command) -> Element:
    control = _add(parent, "Control")
    control.set(_TYPE, kind)
    control.set("id", f"{command.surface.key}.{command.key}")
    return control


def _told(element: Element, key: str, namespace: str | None = None) -> None:
    """The text in the default language, then in every other locale."""
    element.set("DefaultValue", source.texts("en")[key])
    for language, locales in source.LOCALES.items():
        for locale in locales:
            override = _add(element, "Override") if namespace is None else _basic(element, "Override")
            override.set("Locale", locale)
            override.set("Value", source.texts(language)[key])


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    """A child in the parent's own namespace."""
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    child.text = text
    return child


def _basic(parent: Element, name: str) -> Element:
    """A child from the basic types, which resources and icons are made of."""
    return etree.SubElement(parent, f"{{{BASIC}}}{name}")

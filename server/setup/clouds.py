"""Microsoft's clouds: which hosts each has, and where its admins work; data only.

Hosts of sign-in and Graph are those of Graph facts 7.6, who frames the pane those of Outlook add-in facts 7.3.
"""

from dataclasses import dataclass

from server.settings import FRAME_ANCESTORS, Settings


@dataclass(frozen=True)
class Cloud:
    """`settings` are those that differ from the defaults. `exchange` is the name that Connect-ExchangeOnline takes."""

    title: str
    login: str
    graph: str
    entra: str
    admin_centre: str
    exchange: str | None = None
    office_js: str | None = None
    ancestors: tuple[str, ...] = ()
    has_integrated_apps: bool = True

    @property
    def settings(self) -> dict[str, object]:
        """What the settings file must say; nothing for the global cloud."""
        wanted: dict[str, object] = {
            "login_url": self.login,
            "graph_url": f"{self.graph}/v1.0",
            "graph_scope_prefix": f"{self.graph}/",
            "office_js_url": self.office_js or Settings.model_fields["office_js_url"].default,
            "frame_ancestors": self.ancestors or FRAME_ANCESTORS,
        }
        return {name: value for name, value in wanted.items() if value != Settings.model_fields[name].default}


_US_ANCESTORS = ("https://outlook.office365.us", "https://*.office365.us")

CLOUDS = {
    "global": Cloud(
        title="global cloud (and GCC)",
        login="https://login.microsoftonline.com",
        graph="https://graph.microsoft.com",
        entra="https://entra.microsoft.com",
        admin_centre="https://admin.microsoft.com",
    ),
    "gcc-high": Cloud(
        title="US Government GCC High",
        login="https://login.microsoftonline.us",
        graph="https://graph.microsoft.us",
        entra="https://entra.microsoft.us",
        admin_centre="https://portal.office365.us",
        exchange="O365USGovGCCHigh",
        ancestors=_US_ANCESTORS,
        has_integrated_apps=False,
    ),
    "dod": Cloud(
        title="US Government DoD",
        login="https://login.microsoftonline.us",
        graph="https://dod-graph.microsoft.us",
        entra="https://entra.microsoft.us",
        admin_centre="https://portal.apps.mil",
        exchange="O365USGovDoD",
        ancestors=(*_US_ANCESTORS, "https://webmail.apps.mil"),
        has_integrated_apps=False,
    ),
    "china": Cloud(
        title="China, operated by 21Vianet",
        login="https://login.partner.microsoftonline.cn",
        graph="https://microsoftgraph.chinacloudapi.cn",
        entra="https://entra.microsoftonline.cn",
        admin_centre="https://portal.partner.microsoftonline.cn",
        exchange="O365China",
        office_js="https://appsforoffice.cdn.partner.office365.cn/appsforoffice/lib/1/hosted/office.js",
        ancestors=("https://partner.outlook.cn", "https://*.partner.outlook.cn"),
        has_integrated_apps=False,
    ),
}

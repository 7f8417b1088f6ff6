"""Microsoft's own online meetings: the block that Teams writes into the body and lives by; it knows no other."""

import html
import uuid
from typing import Any

from sandbox.graph import rewriting

_LINE = "_" * 80


def settle(props: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """Give an event that became an online meeting its link and block; take both where the block was lost.

    Once true `isOnlineMeeting` cannot be taken back by writing it (Graph facts 1.1, 1.3).
    """
    if before is not None and before.get("onlineMeeting"):
        kept = before["onlineMeeting"]["joinUrl"] in html.unescape(props["body"]["content"])
        if not kept:
            return {**props, "isOnlineMeeting": False, "onlineMeetingProvider": "unknown", "onlineMeeting": None}
        same = {name: before[name] for name in ("isOnlineMeeting", "onlineMeetingProvider", "onlineMeeting")}
        return {**props, **same}
    if not props.get("isOnlineMeeting"):
        return {**props, "onlineMeetingProvider": "unknown", "onlineMeeting": None}
    thread = uuid.uuid4().hex
    url = f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{thread}%40thread.v2/0?context=%7b%7d"
    meeting = {"joinUrl": url, "conferenceId": None, "tollNumber": None, "tollFreeNumbers": None, "quickDial": None}
    provider = props.get("onlineMeetingProvider", "unknown")
    return {
        **props,
        "onlineMeeting": meeting,
        "onlineMeetingProvider": "teamsForBusiness" if provider == "unknown" else provider,
        "body": {"contentType": "html", "content": rewriting.exchange(_with_block(props["body"]["content"], url))},
    }


def _with_block(content: str, url: str) -> str:
    address = html.escape(url)
    block = (
        f'<div><span>{_LINE}</span></div><div class="me-email-text"><div>Microsoft Teams meeting</div>'
        f'<div><a href="{address}" id="meet_invite_block.action.join_link">Join the meeting now</a></div></div>'
        f"<div><span>{_LINE}</span></div>"
    )
    at = content.lower().rfind("</body>")
    return content[:at] + block + content[at:] if at >= 0 else content + block

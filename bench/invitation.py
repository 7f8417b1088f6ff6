"""Times the invitation: the block into a 1 MB body against an lxml parse of it, and rendering against bare jinja2.

Both sides run by turns in one process; the figures are medians of CPU time. A figure never fails the run.
"""

import statistics
import time
from collections.abc import Callable

import jinja2
from lxml import etree

from addin.invitation import body as bodies
from addin.invitation.content import Access, DialIn, Invitation
from addin.invitation.render import block_html, block_text
from addin.model import AccessType, Kind

URL = "https://acme.clickmeeting.com/quarterly-review"
SHOWN = "Example123"
ROUNDS = 15
REPEATS = 5
PARAGRAPH = (
    "<p class=MsoNormal style='margin-bottom:8.0pt'><span lang=EN-GB style='font-size:11.0pt;font-family:\"Calibri\","
    "sans-serif'>Dear colleagues{mark}, the figures of quarter {number} are <b>ready</b>&nbsp;for review.<o:p></o:p>"
    "</span></p>\r\n<table class=MsoNormalTable border=0><tr><td style='padding:0cm'><p class=MsoNormal>Item</p></td>"
    "<td><p class=MsoNormal>Value</p></td></tr></table>\r\n"
)
SAMPLE = Invitation(
    kind=Kind.MEETING,
    title="Quarterly review",
    join_url=URL,
    room_id=518204773,
    access=Access(AccessType.PASSWORD, password=SHOWN),
    dial_in=DialIn(enabled=True, pin=275118640),
    language="pl",
)


def body_of(size: int, mark: str) -> str:
    """A body as Word writes it, about `size` characters long."""
    paragraphs = "".join(PARAGRAPH.format(mark=mark, number=number) for number in range(size // len(PARAGRAPH)))
    head = "<html><head><style><!-- p{margin:0} --></style></head><body lang=EN-GB><div class=WordSection1>"
    return f"{head}{paragraphs}</div></body></html>"


def by_turns(sides: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median CPU seconds of one call of each side; the sides take turns of REPEATS calls, the first not counted."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            side()
            for _ in range(REPEATS):
                start = time.process_time()
                side()
                times[name].append(time.process_time() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def put_against_parse(name: str, body: str) -> None:
    """The fast way into a fresh body, the slow way into one that has a block, and one parse."""
    block = block_html(SAMPLE)
    old = body.replace("<p class", f"{block}<p class", 1)
    found = by_turns(
        {
            "parse": lambda: etree.HTML(body),
            "put": lambda: bodies.put(body, block, content_type="html", join_url=URL),
        }
    )
    slow = by_turns({"refresh": lambda: bodies.put(old, block, content_type="html", join_url=URL)}, rounds=1)["refresh"]
    print(
        f"put into {len(body) / 1e6:.2f} M characters ({name}): {found['put'] * 1e3:.2f} ms, lxml parse "
        f"{found['parse'] * 1e3:.2f} ms, ratio {found['put'] / found['parse']:.3f} (goal <= 0.05); "
        f"refresh of a block in its midst {slow * 1e3:.0f} ms"
    )


def renders_against_jinja() -> None:
    """Renders of HTML and text a second against jinja2 that fills one place in the same bytes."""
    page, text = (
        jinja2.Environment(autoescape=True).from_string(source.replace(SHOWN, "{{ password }}"))
        for source in (block_html(SAMPLE), block_text(SAMPLE))
    )
    rendered = "".join((page.render(password=SHOWN), text.render(password=SHOWN)))
    assert rendered == block_html(SAMPLE) + block_text(SAMPLE)
    found = by_turns(
        {
            "ours": lambda: (block_html(SAMPLE), block_text(SAMPLE)),
            "bare": lambda: (page.render(password=SHOWN), text.render(password=SHOWN)),
            "rows": _rows_in_jinja(),
        },
        rounds=60,
    )
    print(
        f"renders a second (HTML and text, Polish, 28 numbers): {1 / found['ours']:.0f}; jinja2 with one place in the "
        f"same bytes {1 / found['bare']:.0f}, with one place a row {1 / found['rows']:.0f}; "
        f"ratio {found['rows'] / found['ours']:.2f} (goal >= 0.6)"
    )


def _rows_in_jinja() -> Callable[[], object]:
    html_rows, text_rows = block_html(SAMPLE).split("<tr>"), block_text(SAMPLE).split("\n")
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - measures bare substitution of finished rows
    page = environment.from_string("{{ rows[0] }}{% for row in rows[1:] %}<tr>{{ row }}{% endfor %}")
    text = environment.from_string("{{ rows | join('\\n') }}")
    return lambda: (page.render(rows=html_rows), text.render(rows=text_rows))


if __name__ == "__main__":
    put_against_parse("plain ASCII", body_of(1_000_000, ""))
    put_against_parse("Western European", body_of(1_000_000, " café"))
    put_against_parse("any script", body_of(1_000_000, "’ zażółć"))
    renders_against_jinja()

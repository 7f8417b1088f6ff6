/**
 * Tab where office.js would leave the pane: it knows no place to go on from an element that is no Tab stop, such as a
 * heading that got the focus, and hands the focus to Outlook. It must not know what the pane shows.
 */

const STOPS = "a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), [tabindex='0']";

export function keepTabInside(body: HTMLElement): void {
  // the body hears it before office.js, which listens on the document
  body.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.ctrlKey || event.altKey || event.metaKey) return;
    const from = event.target instanceof HTMLElement ? event.target : body;
    if (from.matches(STOPS)) return;
    const next = stopBeside(body, from, event.shiftKey);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
  });
}

/** The first visible stop after `from` in the document's order, or the last one before it. */
function stopBeside(body: HTMLElement, from: HTMLElement, back: boolean): HTMLElement | null {
  const stops = [...body.querySelectorAll<HTMLElement>(STOPS)].filter((stop) => stop.getClientRects().length > 0);
  if (back) stops.reverse();
  const side = back ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING;
  return stops.find((stop) => (from.compareDocumentPosition(stop) & side) !== 0) ?? null;
}

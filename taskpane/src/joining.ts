/** Finds the way into the meeting in an invitation as somebody received it; pure, it must not know Outlook or a page. */

/** Where links may lead: our own server, and the hosts (with a path, if there is one) that rooms lie under. */
export interface Destinations {
  /** `https://addin.example.com` */
  readonly own: string;
  /** `.clickmeeting.com` (every host below it), `meetings.example.com`, or `example.com:8443/rooms`. */
  readonly rooms: readonly string[];
}

const ADDRESS = /https?:\/\/[^\s"'<>()[\]\\^`{|}]+/gi;
/** Pictures lie under the same hosts and lead nowhere. */
const PICTURE = /<(?:img|link|script|style)\b[^>]*>/gi;
/** How deep scanners of several mail services wrap one link into another. */
const WRAPPINGS = 3;
/** Hosts of the provider's own, where no account's rooms are. */
const NO_ACCOUNT = /^(?:www|api|app|help|knowledge|blog|embed|static|cdn)\./;

interface Found {
  readonly url: URL;
  readonly kind: "personal" | "own" | "room";
}

/**
 * The link to join by, or null. A personal link of ours comes before all others; of several addresses of a room the
 * shortest, since a longer one carries a token that need not be the reader's.
 */
export function joinLink(text: string, to: Destinations): string | null {
  const found: Found[] = [];
  for (const [address] of text.replace(PICTURE, " ").matchAll(ADDRESS)) {
    const one = destination(address, to, WRAPPINGS);
    if (one !== null) found.push(one);
  }
  const first = (kind: Found["kind"]): Found | undefined => found.find((one) => one.kind === kind);
  const best = first("personal") ?? first("own") ?? shortest(first("room"), found);
  return best === undefined ? null : best.url.href;
}

/** The same room's address without what others have behind it. */
function shortest(room: Found | undefined, found: readonly Found[]): Found | undefined {
  if (room === undefined) return undefined;
  return found
    .filter((one) => one.kind === "room" && contains(one.url, room.url))
    .reduce((best, one) => (one.url.pathname.length < best.url.pathname.length ? one : best), room);
}

function destination(address: string, to: Destinations, wrappings: number): Found | null {
  const url = parsed(address);
  if (url === null) return null;
  const kind = kindOf(url, to);
  if (kind !== null) return { url, kind };
  if (wrappings === 0) return null;
  // a scanner's link carries the true one as a parameter
  for (const value of url.searchParams.values()) {
    const inner = /^https?:\/\//i.test(value) ? destination(value, to, wrappings - 1) : null;
    if (inner !== null) return inner;
  }
  return null;
}

function parsed(address: string): URL | null {
  try {
    // a full stop or comma after a link belongs to the sentence
    const url = new URL(address.replace(/&amp;/gi, "&").replace(/[.,;:!?*_~]+$/, ""));
    if (url.username !== "" || url.password !== "") return null;
    if (url.protocol === "http:") url.protocol = "https:"; // room addresses of old invitations
    return url;
  } catch {
    return null;
  }
}

function kindOf(url: URL, { own, rooms }: Destinations): Found["kind"] | null {
  const parts = url.pathname.split("/").filter((part) => part !== "");
  if (url.origin === own && parts[0] === "j") {
    if (parts.length === 4) return "personal";
    return parts.length === 2 ? "own" : null;
  }
  return rooms.some((room) => isUnder(url, room)) ? "room" : null;
}

function isUnder(url: URL, room: string): boolean {
  const [host = "", ...path] = room.toLowerCase().split("/");
  const named = url.host.toLowerCase();
  if (host.startsWith(".") ? !named.endsWith(host) || NO_ACCOUNT.test(named) : named !== host) return false;
  const prefix = path.length === 0 ? "/" : `/${path.join("/")}/`;
  return url.pathname.toLowerCase().startsWith(prefix) && url.pathname.length > prefix.length;
}

function contains(shorter: URL, longer: URL): boolean {
  return shorter.host === longer.host && longer.pathname.startsWith(shorter.pathname.replace(/\/$/, ""));
}

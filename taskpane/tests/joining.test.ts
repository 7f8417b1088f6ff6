import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { joinLink } from "../src/joining.ts";

const OWN = "https://addin.example";
const TO = { own: OWN, rooms: [".clickmeeting.com", "meet.contoso.example", "localhost:8443/rooms"] };
const ROOM = "https://contoso.clickmeeting.com/abc-def";
const PERSONAL = `${OWN}/j/m1/cGFyaXM/c2lnbmF0dXJl`;
const SAFE = `https://eur01.safelinks.protection.outlook.com/?url=${encodeURIComponent(ROOM)}&amp;data=05%7C02&amp;reserved=0`;

const TEXTS: readonly (readonly [string, string, string | null])[] = [
  ["the room in the location", `Room 7; ${ROOM}\n<p>Hello</p>`, ROOM],
  ["the room in the body", `<p>Join: <a href="${ROOM}">${ROOM}</a></p>`, ROOM],
  ["plain text with a full stop after it", `Join at ${ROOM}.`, ROOM],
  ["our own link", `<a href="${OWN}/j/m1">join</a>`, `${OWN}/j/m1`],
  ["a personal link before the shared one", `${ROOM}\n<a href="${PERSONAL}">enter</a>`, PERSONAL],
  ["our own link before the room's", `${ROOM} ${OWN}/j/m1`, `${OWN}/j/m1`],
  ["a room behind a mail scanner", `<a href="${SAFE}">link</a>`, ROOM],
  ["a scanner's link inside another's", `https://scan.example/?u=${encodeURIComponent(SAFE.replaceAll("&amp;", "&"))}`, ROOM],
  ["a room without tokens where others' tokens stand in the text", `<a href="${ROOM}/ABC123">P</a> <a href="${ROOM}">room</a>`, ROOM],
  ["the only link although it has a token", `<a href="${ROOM}/ABC123">in</a>`, `${ROOM}/ABC123`],
  ["an old address without TLS", "http://contoso.clickmeeting.com/abc-def", ROOM],
  ["a link with more than one parameter", `<a href="${ROOM}?l=x&amp;lang=fr">in</a>`, `${ROOM}?l=x&lang=fr`],
  ["a host of the organisation's own", "https://meet.contoso.example/planning", "https://meet.contoso.example/planning"],
  ["rooms below a path", "https://localhost:8443/rooms/x", "https://localhost:8443/rooms/x"],
  ["an upper-case address", "HTTPS://CONTOSO.CLICKMEETING.COM/abc", "https://contoso.clickmeeting.com/abc"],
  ["nothing", "<p>Lunch at noon</p>", null],
  ["another meeting's provider", "https://teams.microsoft.com/l/meetup-join/x", null],
  ["the provider's own site", "https://www.clickmeeting.com/pricing https://knowledge.clickmeeting.com/a https://clickmeeting.com/x", null],
  ["a picture", `<img src="https://contoso.clickmeeting.com/logo.png">`, null],
  ["the list of numbers and other pages of ours", `${OWN}/numbers ${OWN}/taskpane/taskpane.html ${OWN}/j/m1/x`, null],
  ["a name that only ends alike", "https://evilclickmeeting.com/x https://clickmeeting.com.evil.example/x", null],
  ["a host hidden behind a user name", "https://contoso.clickmeeting.com@evil.example/x https://a:b@contoso.clickmeeting.com/x", null],
  ["a host of ours on another port or scheme", "https://addin.example:444/j/m1 javascript:https://addin.example/j/m1x/y", null],
  ["another port below a path's host", "https://localhost:9999/rooms/x https://localhost:8443/roomsx/y", null],
  ["an account without a room", "https://contoso.clickmeeting.com/", null],
  ["an address that is none", "https://[ https://% http://", null],
];

describe("joinLink finds", () => {
  for (const [what, text, expected] of TEXTS) test(what, () => assert.equal(joinLink(text, TO), expected));

  test("its way through a long body in little time", () => {
    const long = `${"<a href='https://x.example/?a=1'>x</a> ".repeat(25_000)}${ROOM}`;
    const begun = performance.now();
    assert.equal(joinLink(long, TO), ROOM);
    assert.ok(performance.now() - begun < 2_000);
  });
});

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { looksAllDay, oneLine, participants } from "../src/appointment.ts";
import { initialChoices, newPassword, PASSWORD, settled, usualOf } from "../src/choices.ts";
import type { Options } from "../src/contract.ts";
import { hasOwnPictures } from "../src/images.ts";
import { withoutPlace, withPlace } from "../src/location.ts";
import { LANGUAGES, languageFor, Messages } from "../src/messages.ts";
import { recurrenceJson } from "../src/recurrence.ts";
import { instant, whenText } from "../src/when.ts";
import { CHOICES } from "./fakes.ts";

const OPTIONS: Options = {
  languages: ["en", "fr", "pl"], kinds: ["meeting", "webinar"], access_types: ["open", "password", "token"],
  defaults: { kind: "meeting", access: "open", language: "en" }, locks: {}, dial_in_countries: [], max_participants: 500,
};

describe("recurrence", () => {
  const series = (endDate: string | null, startTime = "T10:00:00.000"): Parameters<typeof recurrenceJson>[0] => ({
    recurrenceType: "weekly",
    recurrenceProperties: { interval: 1, days: ["mon"], firstDayOfWeek: "mon", dayOfMonth: undefined },
    recurrenceTimeZone: { name: "Tokyo Standard Time" },
    seriesTime: { getStartDate: () => "2027-01-11", getEndDate: () => endDate, getStartTime: () => startTime, getDuration: () => 30 },
  });

  test("is told as plain data in the series' own zone", () => {
    assert.deepEqual(recurrenceJson(series("2027-03-01"), "UTC"), {
      recurrenceType: "weekly",
      recurrenceProperties: { interval: 1, days: ["mon"], firstDayOfWeek: "mon" },
      recurrenceTimeZone: { name: "Tokyo Standard Time" },
      seriesTime: { startDate: "2027-01-11", endDate: "2027-03-01", startTime: "10:00", duration: 30 },
    });
  });

  test("no end is null however Outlook says it", () => {
    for (const none of ["", null]) assert.equal(recurrenceJson(series(none), "UTC").seriesTime.endDate, null);
  });

  test("takes the zone of the mailbox where Outlook leaves the name out", () => {
    assert.equal(recurrenceJson({ ...series(""), recurrenceTimeZone: null }, "UTC").recurrenceTimeZone.name, "UTC");
  });

  test("refuses what is no date rather than send it", () => {
    assert.throws(() => recurrenceJson(series("soon"), "UTC"), RangeError);
    assert.throws(() => recurrenceJson(series("", "10"), "UTC"), RangeError);
  });
});

describe("appointment", () => {
  const utc = (at: Date): { hours: number; minutes: number } => ({ hours: at.getUTCHours(), minutes: at.getUTCMinutes() });

  test("midnight to midnight is a whole day, also on the days of 23 and 25 hours", () => {
    const day = new Date("2027-03-28T00:00:00Z");
    assert.ok(looksAllDay(day, new Date("2027-03-29T00:00:00Z"), utc));
    assert.ok(!looksAllDay(day, new Date("2027-03-28T12:00:00Z"), utc));
    assert.ok(!looksAllDay(new Date("2027-03-28T01:00:00Z"), new Date("2027-03-29T01:00:00Z"), utc));
    const midnights = (): { hours: number; minutes: number } => ({ hours: 0, minutes: 0 });
    assert.ok(looksAllDay(day, new Date(day.getTime() + 23 * 3_600_000), midnights));
  });

  test("each address counts once and a meeting room is a resource", () => {
    const room = { address: "Room-Aurora@contoso.example", name: "Aurora" };
    const paris = { address: "Paris@contoso.example", name: "" };
    assert.deepEqual(participants([room, paris], [paris, { address: "no address", name: "x" }], [room]), [
      { address: "room-aurora@contoso.example", name: "Aurora", type: "resource" },
      { address: "paris@contoso.example", name: "paris@contoso.example", type: "required" },
    ]);
  });

  test("a subject is one line of whole characters", () => {
    assert.equal(oneLine(" a\tb\r\nc "), "a b c");
    assert.equal(oneLine("party 🎉"), "party 🎉");
    assert.equal(oneLine("cut \ud83c"), "cut");
  });
});

describe("location", () => {
  test("adding and taking out again gives back what was there", () => {
    for (const before of ["", "Room 7", "Room 7; Annex", "a;b"]) {
      const joined = withPlace(before, "https://x.example/r");
      assert.ok(joined !== null && joined.endsWith("https://x.example/r"));
      assert.equal(withoutPlace(joined, "https://x.example/r"), before);
      assert.equal(withPlace(joined, "https://x.example/r"), joined, "never twice");
    }
  });

  test("255 characters are the most", () => {
    assert.equal(withPlace("r".repeat(240), "https://x.example/r"), null);
    assert.equal(withPlace("r".repeat(234), "https://x.example/r")?.length, 255);
  });
});

describe("pictures", () => {
  test("of the item itself are told from those that everybody can fetch", () => {
    const own = [
      '<img src="cid:a@b">', "<IMG alt='x' SRC='blob:https://outlook.office.com/1'>", "<img src=image001.png>", '<v:imagedata src="cid:a"/>',
      '<td background="cid:a">', "<p style=\"background:url('cid:a')\">", '<img width="1" src="file:///C:/a.png">',
    ];
    const shared = [
      "", "<p>cid:a</p>", '<img src="https://contoso.example/a.png">', '<img src="//contoso.example/a.png">', '<img src="data:image/png;base64,AA">',
      "<img>", '<img src="">', '<a href="cid:a">x</a>', '<img data-src="cid:a" src="https://x.example/a">',
    ];
    assert.deepEqual(own.filter((html) => !hasOwnPictures(html)), []);
    assert.deepEqual(shared.filter(hasOwnPictures), []);
  });

  test("are looked for quickly in a million characters", () => {
    const begin = performance.now();
    hasOwnPictures("<img ".repeat(200_000));
    hasOwnPictures(`<img src="data:image/png;base64,${"A".repeat(990_000)}">`);
    assert.ok(performance.now() - begin < 3_000);
  });
});

describe("choices", () => {
  test("policy wins over habit, habit over defaults", () => {
    const usual = { kind: "webinar", access: "token", language: "pl" } as const;
    const free = initialChoices(OPTIONS, usual, "fr", () => "unused");
    assert.deepEqual([free.kind, free.access, free.language], ["webinar", "token", "pl"]);
    const locked = initialChoices({ ...OPTIONS, locks: { access: "By policy." } }, usual, "fr", () => "unused");
    assert.deepEqual([locked.kind, locked.access], ["webinar", "open"]);
  });

  test("habits that are no longer offered are forgotten", () => {
    assert.equal(initialChoices({ ...OPTIONS, access_types: ["open"] }, { access: "token" }, "en", () => "").access, "open");
    assert.equal(initialChoices(OPTIONS, { language: "xx" }, "en", () => "").language, "en");
  });

  test("a password is made where it is needed, sent only there and never remembered", () => {
    const choices = initialChoices(OPTIONS, { access: "password" }, "en", () => "Made4you99");
    assert.equal(choices.password, "Made4you99");
    assert.equal(settled({ ...choices, access: "open" }).password, undefined);
    assert.ok(!("password" in usualOf(choices)));
  });

  test("made passwords fit ClickMeeting and differ", () => {
    const made = new Set(Array.from({ length: 200 }, () => newPassword()));
    assert.equal(made.size, 200);
    for (const password of made) assert.match(password, PASSWORD);
  });

  test("bytes that would prefer some signs are thrown away", () => {
    const bytes = [255, 255, 0, 1];
    const password = newPassword((room) => room.fill(0).map((_, index) => bytes[index % 4]!));
    assert.ok(/^[AB]{10}$/.test(password), password);
  });
});

describe("when", () => {
  test("wall clock of a zone becomes an instant on both sides of a clock change", () => {
    assert.equal(instant("2027-03-28T01:30:00", "Europe/Warsaw").toISOString(), "2027-03-28T00:30:00.000Z");
    assert.equal(instant("2027-03-28T03:30:00", "Europe/Warsaw").toISOString(), "2027-03-28T01:30:00.000Z");
    assert.equal(instant("2027-07-01T10:00:00", "America/Toronto").toISOString(), "2027-07-01T14:00:00.000Z");
    assert.equal(instant("2027-07-01T10:00:00+02:00", "America/Toronto").toISOString(), "2027-07-01T08:00:00.000Z");
  });

  test("is shown on the mailbox's clock", () => {
    const tokyo = (at: Date): Date => new Date(at.getTime() + 9 * 3_600_000);
    const text = whenText({ start: "2027-01-11T23:00:00", end: "2027-01-11T23:30:00", time_zone: "Europe/Warsaw" }, "en-GB", tokyo);
    assert.match(text, /12 Jan 2027.*07:00.*07:30/);
  });

  test("a whole day has no clock times and ends on its last day", () => {
    const text = whenText({ start: "2027-01-11T00:00:00", end: "2027-01-13T00:00:00", time_zone: "Europe/Warsaw", all_day: true }, "en-GB", (at) => at);
    assert.match(text, /11.*12 Jan 2027/);
    assert.doesNotMatch(text, /00:00|13/);
  });
});

describe("messages", () => {
  const english = JSON.parse(readFileSync("../addin/messages/pane/en.json", "utf8")) as Record<string, string>;

  test("every language of the catalogue can be loaded", async () => {
    const files = readdirSync("../addin/messages/pane").map((name) => name.replace(".json", ""));
    assert.deepEqual(files.sort(), [...LANGUAGES].sort());
    const titles = await Promise.all(LANGUAGES.map(async (language) => (await Messages.load(language)).say("scheduled.text")));
    assert.equal(new Set(titles).size, LANGUAGES.length);
  });

  test("no message is unused", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const code = sources.map((name) => readFileSync(`src/${name}`, "utf8")).join("\n");
    // keys made from a part that varies, as in `kind.${kind}`
    const made = [...code.matchAll(/`([\w.-]*)\$\{[^}]+\}([\w.-]*)`/g)].map(([, head, tail]) => new RegExp(`^${head}[\\w-]+${tail}$`));
    const families = made.filter(({ source }) => source.includes("."));
    const unused = Object.keys(english).filter((key) => !code.includes(`"${key}"`) && !families.some((family) => family.test(key)));
    assert.deepEqual(unused, []);
  });

  test("a tag leads to its language, an unknown one to English", async () => {
    assert.deepEqual([languageFor("fr-CA"), languageFor("FR"), languageFor("xx")], ["fr", "fr", "en"]);
    const messages = await Messages.load("fr-CA");
    assert.equal(messages.say("again"), "Réessayer");
    assert.equal(messages.locale, "fr-CA");
    assert.equal(messages.say("problem.busy", { when: messages.duration(30) }), "ClickMeeting est très sollicité. Réessayez dans 30 secondes.");
  });
});

test("the fakes' choices are complete", () => {
  assert.deepEqual(settled(CHOICES), CHOICES);
});

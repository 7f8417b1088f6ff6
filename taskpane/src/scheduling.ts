/**
 * The use cases read top to bottom: open, schedule, change, remove, write again. The item ends as it was or wholly
 * done; it must not know the page, Office.js or HTTP.
 */

import type { Appointment } from "./appointment.ts";
import { Aborted, ApiProblem } from "./api.ts";
import type { Choices, Meeting, MeetingChange, MeetingRequest } from "./contract.ts";
import { hasOwnPictures } from "./images.ts";
import { exclusively } from "./office/exclusive.ts";
import { BODY_LIMIT, type BodyType, type OpenItem, type Properties } from "./office/item.ts";
import { SignInNeeded } from "./signin/source.ts";

export type Step = "reading" | "making" | "writing" | "removing";

/** Things that went another way than the usual, told beside the result. */
export type Note = "place-left-out" | "untitled" | "already" | BodyNote;

/** Where writing the whole text anew could lose pictures: what was done instead, or left to the person. */
export type BodyNote = "pictures-above" | "pictures-stale" | "pictures-left";

export interface Outcome {
  readonly meeting: Meeting;
  readonly notes: readonly Note[];
}

/** The parts of the server's client that are used here. */
export interface Server {
  meeting(id: string, signal?: AbortSignal): Promise<Meeting>;
  schedule(request: MeetingRequest, key: string, signal?: AbortSignal): Promise<Meeting>;
  change(id: string, change: MeetingChange, signal?: AbortSignal): Promise<Meeting>;
  remove(id: string, signal?: AbortSignal): Promise<void>;
  body(
    id: string,
    edit: { readonly op: "put" | "remove"; readonly content_type: BodyType; readonly body: string },
    signal?: AbortSignal,
  ): Promise<{ readonly body: string; readonly changed: boolean }>;
}

/** The room exists (or existed) but the item could not be brought in line and not be restored. */
export class HalfDone extends Error {
  override readonly name = "HalfDone";
  constructor(
    readonly meeting: Meeting,
    readonly left: "unwritten" | "unremoved",
    readonly failure: unknown,
  ) {
    super(`${left}: ${String(failure)}`);
  }
}

/** With our block the text would be longer than Outlook takes. */
export class BodyTooLong extends Error {
  override readonly name = "BodyTooLong";
}

/** Somebody keeps typing: the text was another one at each of several looks. */
export class BodyBusy extends Error {
  override readonly name = "BodyBusy";
}

const MEETING_ID = "clickmeetingMeeting";
const REQUEST_KEY = "clickmeetingRequest";
const PLACE = "clickmeetingPlace";
const KEPT_KEY = "clickmeeting";
const LOOKS = 4;

export interface Surroundings {
  readonly item: OpenItem;
  readonly server: Server;
  readonly read: () => Promise<Appointment>;
  readonly newKey: () => string;
  /** What a room is called while the appointment has no subject. */
  readonly untitled: string;
}

export type Remembered =
  /** `unfinished`: a press was under way when the pane was closed. */
  | { readonly state: "none"; readonly unfinished: boolean }
  | { readonly state: "scheduled"; readonly meeting: Meeting; readonly inBody: boolean }
  | { readonly state: "gone"; readonly id: string };

interface Edited {
  readonly written: boolean;
  readonly note: BodyNote | null;
}

const UNTOUCHED: Edited = { written: false, note: null };

export class Scheduling {
  constructor(private readonly around: Surroundings) {}

  /** What this item already is, by its custom properties and the server's word. */
  async open(signal?: AbortSignal): Promise<Remembered> {
    const properties = await this.around.item.properties();
    const id = properties.get(MEETING_ID);
    if (id === null) return { state: "none", unfinished: properties.get(REQUEST_KEY) !== null };
    try {
      const meeting = await this.around.server.meeting(id, signal);
      if (isOver(meeting)) return { state: "gone", id };
      const body = await this.around.item.body(await this.around.item.bodyType());
      return { state: "scheduled", meeting, inBody: links(meeting).some((url) => mentions(body, url)) };
    } catch (failure) {
      if (failure instanceof ApiProblem && failure.problem.status === 404) return { state: "gone", id };
      throw failure;
    }
  }

  /** Everything is read before anything is made, so an Outlook that does not answer costs nothing. */
  async schedule(choices: Choices, step: (step: Step) => void, signal?: AbortSignal): Promise<Outcome> {
    const { item, read } = this.around;
    step("reading");
    const appointment = await read();
    await item.body(await item.bodyType());
    const owner = await item.owner();
    const request = { ...this.request(appointment, choices), ...(owner === null ? {} : { owner }) };
    // pane, command and handler of one item agree on a name first; whoever comes second finds what the first made
    const name = await exclusively("press", () => this.nameOfPress());
    return exclusively(`press-${name}`, () => this.scheduled(request, appointment, step, signal));
  }

  private async scheduled(request: MeetingRequest, appointment: Appointment, step: (step: Step) => void, signal?: AbortSignal): Promise<Outcome> {
    const properties = await this.around.item.properties();
    if (signal?.aborted) throw new Aborted();
    const standing = await this.standing(properties.get(MEETING_ID), signal);
    if (standing !== null) return this.adopt(standing, appointment, signal);
    step("making");
    const { meeting, found } = await this.make(request, properties, signal);
    step("writing");
    return found ? this.adopt(meeting, appointment, signal) : this.firstWritten(meeting, appointment, signal);
  }

  /** A new room is written into the item, or taken back where that cannot be. */
  private async firstWritten(meeting: Meeting, appointment: Appointment, signal?: AbortSignal): Promise<Outcome> {
    const { item, server } = this.around;
    const touched = { item: false };
    try {
      if (signal?.aborted) throw new Aborted();
      const notes = await this.write(meeting, await item.properties(), touched);
      return { meeting, notes: appointment.title === "" ? [...notes, "untitled"] : notes };
    } catch (failure) {
      if (touched.item) await this.undo(meeting, failure);
      await server.remove(meeting.id).catch(() => {
        throw new HalfDone(meeting, "unwritten", failure);
      });
      // the server gives no meeting again that is over, so where this fails the next press only takes longer
      if (!touched.item) await this.forget(meeting).catch(() => undefined);
      throw failure;
    }
  }

  /** What stands already is shown as it is, with the appointment's present times and people. */
  private async adopt(meeting: Meeting, appointment: Appointment, signal?: AbortSignal): Promise<Outcome> {
    try {
      if (meeting.state === "draft") await this.align(meeting.id, appointment, signal);
    } catch (failure) {
      // a room that cannot hold these times is shown all the same: from there it can be changed or removed
      if (!(failure instanceof ApiProblem) || (failure.problem.status !== 422 && failure.problem.reason !== "permanence")) throw failure;
    }
    if (signal?.aborted) throw new Aborted();
    const { meeting: fresh, notes } = await this.writeAgain(meeting);
    return { meeting: fresh, notes: ["already", ...notes] };
  }

  private async align(id: string, appointment: Appointment, signal?: AbortSignal): Promise<void> {
    await this.around.server.change(id, { ...appointment, title: appointment.title || this.around.untitled }, signal);
  }

  async change(meeting: Meeting, choices: Choices, step: (step: Step) => void, signal?: AbortSignal): Promise<Outcome> {
    const { item, server, read } = this.around;
    step("reading");
    const appointment = await read();
    const properties = await item.properties();
    await item.body(await item.bodyType());
    step("making");
    const { permanent: _fixed, ...change } = this.request(appointment, choices);
    const changed = await server.change(meeting.id, change, signal);
    step("writing");
    try {
      return { meeting: changed, notes: await this.write(changed, properties) };
    } catch (failure) {
      throw new HalfDone(changed, "unwritten", failure);
    }
  }

  /** Puts the block, the place and the memory back where they are missing. */
  async writeAgain(meeting: Meeting): Promise<Outcome> {
    try {
      const fresh = await this.around.server.meeting(meeting.id);
      return { meeting: fresh, notes: await this.write(fresh, await this.around.item.properties()) };
    } catch (failure) {
      if (failure instanceof ApiProblem || failure instanceof SignInNeeded) throw failure;
      throw new HalfDone(meeting, "unwritten", failure);
    }
  }

  /** Puts a missing or stale block right, where this item has a meeting; true where something was written. */
  async mend(): Promise<boolean> {
    const id = (await this.around.item.properties()).get(MEETING_ID);
    return id !== null && (await this.editBody(id, "put")).written;
  }

  /** Brings an unsent meeting in line with the item. One already sent follows when the person sends again. */
  async follow(): Promise<boolean> {
    const { item, server, read } = this.around;
    const id = (await item.properties()).get(MEETING_ID);
    if (id === null || (await server.meeting(id)).state !== "draft") return false;
    await this.align(id, await read());
    return true;
  }

  /** The room first: where that is refused, nothing was changed. */
  async remove(meeting: Meeting, step: (step: Step) => void, signal?: AbortSignal): Promise<readonly Note[]> {
    step("reading");
    await this.around.item.body(await this.around.item.bodyType());
    step("removing");
    await this.around.server.remove(meeting.id, signal);
    try {
      return await this.clean(meeting.id);
    } catch (failure) {
      throw new HalfDone(meeting, "unremoved", failure);
    }
  }

  /** Takes what we wrote out of the item; the server knows a removed meeting's block for this purpose. */
  async clean(id: string): Promise<readonly Note[]> {
    const properties = await this.around.item.properties();
    const { note } = await this.editBody(id, "remove");
    const place = properties.get(PLACE);
    if (place) await this.around.item.removePlace(place);
    for (const name of [MEETING_ID, REQUEST_KEY, PLACE, KEPT_KEY]) properties.remove(name);
    await properties.save();
    return note === null ? [] : [note];
  }

  /** The meeting of this id while it has its room: another pane or the command may have been faster on the same item. */
  private async standing(id: string | null, signal?: AbortSignal): Promise<Meeting | null> {
    if (id === null) return null;
    try {
      const meeting = await this.around.server.meeting(id, signal);
      return isOver(meeting) ? null : meeting;
    } catch (failure) {
      if (failure instanceof ApiProblem && failure.problem.status === 404) return null;
      throw failure;
    }
  }

  private request(appointment: Appointment, choices: Choices): MeetingRequest {
    return { ...appointment, ...choices, title: appointment.title || this.around.untitled };
  }

  /** What everybody who works on this item calls a press: its meeting, or the key that is kept for making one. */
  private async nameOfPress(): Promise<string> {
    const properties = await this.around.item.properties();
    return properties.get(MEETING_ID) ?? properties.get(REQUEST_KEY) ?? (await this.keepKey(properties, this.around.newKey()));
  }

  /** The key is kept in the item first: a pane closed during the call asks again with the same key. */
  private async make(request: MeetingRequest, properties: Properties, signal?: AbortSignal): Promise<{ readonly meeting: Meeting; readonly found: boolean }> {
    const { server, newKey } = this.around;
    const key = properties.get(REQUEST_KEY) ?? (await this.keepKey(properties, newKey()));
    try {
      return { meeting: await server.schedule(request, key, signal), found: false };
    } catch (failure) {
      const asked = failure instanceof ApiProblem ? failure.problem : null;
      if (asked?.reason !== "idempotency") throw failure;
      // an earlier press with other choices made the room; where it is gone again, this press begins anew
      const meeting = await this.standing(asked.meeting_id ?? null, signal);
      if (meeting !== null) return { meeting, found: true };
      return { meeting: await server.schedule(request, await this.keepKey(properties, newKey()), signal), found: false };
    }
  }

  /** Two panes on one item may both come here: the key that stands there after both wrote is the one for both. */
  private async keepKey(properties: Properties, key: string): Promise<string> {
    properties.set(REQUEST_KEY, key);
    await properties.save();
    return (await this.around.item.properties()).get(REQUEST_KEY) ?? key;
  }

  /** Memory and place first, the text last: it is the dearest and the only one a person sees being changed. */
  private async write(meeting: Meeting, properties: Properties, touched = { item: false }): Promise<readonly Note[]> {
    const place = placeOf(meeting);
    const former = properties.get(PLACE);
    properties.set(MEETING_ID, meeting.id);
    properties.set(PLACE, place);
    properties.remove(REQUEST_KEY);
    const given = meeting.pane_properties ?? {};
    for (const name of Object.keys(given)) properties.set(name, given[name] ?? "");
    await properties.save();
    // from here on the item shows something; a remembered id of a removed meeting alone is harmless
    touched.item = true;
    if (former && former !== place) await this.around.item.removePlace(former);
    const fits = place === "" || (await this.around.item.addPlace(place));
    const { note } = await this.editBody(meeting.id, "put");
    return [...(fits ? [] : (["place-left-out"] as const)), ...(note === null ? [] : [note])];
  }

  /** Back to what the item was before `write`; HalfDone where Outlook does not let us. */
  private async undo(meeting: Meeting, failure: unknown): Promise<void> {
    try {
      await this.editBody(meeting.id, "remove");
      await this.around.item.removePlace(placeOf(meeting));
      await this.forget(meeting);
    } catch {
      // the first failure is the one to be told; what matters here is that the item may still carry the link
      throw new HalfDone(meeting, "unwritten", failure);
    }
  }

  private async forget(meeting: Meeting): Promise<void> {
    const properties = await this.around.item.properties();
    for (const name of [MEETING_ID, REQUEST_KEY, PLACE, ...Object.keys(meeting.pane_properties ?? {})]) properties.remove(name);
    await properties.save();
  }

  /** Read, edit on the server, look again, write: never over words typed meanwhile. */
  private editBody(id: string, op: "put" | "remove"): Promise<Edited> {
    return exclusively(id, () => this.edited(id, op));
  }

  private async edited(id: string, op: "put" | "remove"): Promise<Edited> {
    const { item, server } = this.around;
    const type = await item.bodyType();
    for (let look = 1; look <= LOOKS; look += 1) {
      const before = await item.body(type);
      const edited = await server.body(id, { op, content_type: type, body: before });
      if (!edited.changed) return UNTOUCHED;
      if (type === "html" && hasOwnPictures(before)) return this.editAroundPictures(id, op, before);
      if (edited.body.length > BODY_LIMIT) throw new BodyTooLong();
      if ((await item.body(type)) !== before) continue;
      await item.setBody(edited.body, type);
      return { written: true, note: null };
    }
    throw new BodyBusy();
  }

  /** A fresh block goes above the text, which is an insertion and no rewriting; one that stands there already stays. */
  private async editAroundPictures(id: string, op: "put" | "remove", before: string): Promise<Edited> {
    if (op === "remove") return { written: false, note: "pictures-left" };
    const { item, server } = this.around;
    const without = await server.body(id, { op: "remove", content_type: "html", body: before });
    if (without.changed) return { written: false, note: "pictures-stale" };
    const block = await server.body(id, { op: "put", content_type: "html", body: "" });
    await item.prependBody(block.body, "html");
    return { written: true, note: "pictures-above" };
  }
}

function isOver({ state }: Meeting): boolean {
  return state === "gone" || state === "ended";
}

function placeOf(meeting: Meeting): string {
  return meeting.invitation?.location || meeting.join_url || "";
}

/** The block carries the room's own address or, by policy, a link of ours that leads to it. */
function links(meeting: Meeting): readonly string[] {
  return [meeting.join_url ?? "", meeting.invitation?.location ?? ""].filter((url) => url !== "");
}

/** A quick look whether the join link still stands in the text, plain or inside a scanner's link. */
export function mentions(body: string, joinUrl: string): boolean {
  const plain = body.toLowerCase();
  const link = joinUrl.toLowerCase();
  return [link, link.replace(/&/g, "&amp;"), encodeURIComponent(link).toLowerCase()].some((form) => plain.includes(form));
}

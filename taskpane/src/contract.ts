/** The shapes of our server's /api/v1 as the pane reads and sends them; types only. */

import type { Appointment } from "./appointment.ts";

export type Kind = "meeting" | "webinar";
export type Access = "open" | "password" | "token";
export type TokenDelivery = "personal" | "body";

export interface DialIn {
  readonly enabled: boolean;
  readonly country?: string | null;
}

/** What the person chooses; everything else comes from the appointment. */
export interface Choices {
  readonly kind: Kind;
  readonly access: Access;
  readonly password?: string;
  readonly permanent: boolean;
  readonly dial_in: DialIn;
  readonly language: string;
  readonly token_delivery: TokenDelivery;
  readonly registration: boolean;
  /** A series gets a room for each date (statistics), as it does with registration. */
  readonly room_per_date: boolean;
  readonly lobby_message: string;
  readonly agenda: string;
}

/** `owner`: whose calendar it stands in, where a delegate schedules for somebody else. */
export type MeetingRequest = Appointment & Choices & { readonly owner?: string };

/** Permanence is chosen once (R8), so a change never speaks of it. */
export type MeetingChange = Partial<Omit<MeetingRequest, "permanent" | "owner">>;

export interface Options {
  readonly languages: readonly string[];
  readonly kinds: readonly Kind[];
  readonly access_types: readonly Access[];
  readonly defaults: Partial<Choices>;
  /** Name of a choice to the sentence that says why it cannot be changed. */
  readonly locks: Readonly<Record<string, string>>;
  readonly dial_in_countries: readonly { readonly code: string; readonly name: string }[];
  readonly max_participants: number;
  /** Whether new appointments get a room by themselves. */
  readonly add_by_default?: boolean;
  readonly organiser?: { readonly address: string; readonly name: string };
}

export interface Invitation {
  readonly html: string;
  readonly text: string;
  readonly location: string;
}

/** How the server hears of changes in the calendar; `minutes` between two looks where it has to look for itself. */
export interface Following {
  readonly by: "notifications" | "polling" | "not-yet";
  readonly minutes: number | null;
}

/** A series before it is scheduled. Each `start` and `end` has the offset of the series' zone. */
export interface SeriesLook {
  readonly sentence: string | null;
  readonly all_day: boolean;
  readonly dates: readonly SeriesDate[];
  /** Further dates follow those told. */
  readonly more: boolean;
}

export interface SeriesDate {
  readonly start: string;
  readonly end: string;
  /** The clocks changed since the date before. */
  readonly offset_changed: boolean;
  /** Zones whose people see another clock time than on the date before. */
  readonly elsewhere: readonly { readonly time_zone: string; readonly start: string }[];
  /** Subjects at the same time; null where the calendar was not read. */
  readonly clashes: readonly string[] | null;
}

/** `waiting`: how many have no personal invitation yet, or in vain. */
export interface Invited {
  readonly participants: readonly InvitedPerson[];
  readonly waiting: number;
}

export interface InvitedPerson {
  readonly address: string;
  readonly name: string;
  readonly type: "required" | "optional" | "resource" | "guest";
  readonly declined: boolean;
  readonly delivery: "none" | "intended" | "sent" | "uncertain" | "failed";
  readonly has_token: boolean;
  /** The person's own signed link, which carries no token; null for rooms and the organiser. */
  readonly link: string | null;
  readonly country: string | null;
  readonly language: string | null;
}

export interface MeetingParticipant {
  readonly address: string;
  readonly name: string;
  readonly delivery: InvitedPerson["delivery"];
  readonly has_token: boolean;
}

export interface Meeting {
  readonly id: string;
  readonly state: string;
  readonly title: string;
  /** Wall clock in `time_zone` (IANA), as in ISO 8601 without an offset. */
  readonly start: string;
  readonly end: string;
  readonly time_zone: string;
  readonly all_day?: boolean;
  readonly recurrence_text: string | null;
  readonly kind: Kind;
  readonly access: Access;
  readonly password?: string | null;
  readonly strategy: string;
  readonly permanent: boolean;
  readonly dial_in: DialIn;
  readonly language: string;
  readonly token_delivery: TokenDelivery;
  readonly registration?: boolean;
  readonly room_per_date?: boolean;
  readonly lobby_message?: string;
  readonly agenda?: string;
  readonly room: { readonly room_id: number | null; readonly url: string } | null;
  /** Absent while there is no room. */
  readonly join_url: string | null;
  readonly invitation?: Invitation | null;
  readonly pane_properties?: Readonly<Record<string, string>> | null;
  readonly participants: readonly MeetingParticipant[];
  readonly warnings: readonly string[];
  readonly attention: string | null;
  readonly following?: Following | null;
}

export interface Preview {
  readonly html: string;
  readonly text: string;
  readonly recurrence_text: string | null;
  readonly warnings: readonly string[];
}

/** RFC 9457 as our server fills it; `detail` is one sentence to show. */
export interface Problem {
  readonly title?: string;
  readonly status: number;
  readonly detail?: string;
  readonly reason?: string;
  readonly field?: string;
  readonly claims?: string;
  /** What the server can do instead, as a sentence. */
  readonly nearest_text?: string;
  readonly retry_after?: number;
  /** Where an administrator allows everything that is asked for. */
  readonly consent_url?: string;
  /** What was made under a key that another request used. */
  readonly meeting_id?: string;
}

/** The pane's sentences in the reader's language; whole messages only, it must not know where they are shown. */

import english from "../../addin/messages/pane/en.json";

export type MessageKey = keyof typeof english;
export type Catalogue = Readonly<Record<MessageKey, string>>;

/** Right-to-left languages among ours. */
const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(["ar"]);

const CATALOGUES: Readonly<Record<string, () => Promise<Catalogue>>> = {
  en: () => Promise.resolve(english),
  fr: () => import("../../addin/messages/pane/fr.json").then((module): Catalogue => module.default),
  de: () => import("../../addin/messages/pane/de.json").then((module): Catalogue => module.default),
  es: () => import("../../addin/messages/pane/es.json").then((module): Catalogue => module.default),
  pt: () => import("../../addin/messages/pane/pt.json").then((module): Catalogue => module.default),
  it: () => import("../../addin/messages/pane/it.json").then((module): Catalogue => module.default),
  nl: () => import("../../addin/messages/pane/nl.json").then((module): Catalogue => module.default),
  pl: () => import("../../addin/messages/pane/pl.json").then((module): Catalogue => module.default),
  ru: () => import("../../addin/messages/pane/ru.json").then((module): Catalogue => module.default),
  ar: () => import("../../addin/messages/pane/ar.json").then((module): Catalogue => module.default),
};

export const LANGUAGES: readonly string[] = Object.keys(CATALOGUES);

/** Our language for a tag such as `fr-CA`; English where we have none. */
export function languageFor(tag: string): string {
  const language = tag.toLowerCase().split(/[-_]/)[0] ?? "";
  return language in CATALOGUES ? language : "en";
}

/** Sentences and dates for one reader. `locale` keeps the region (`fr-CA`) for dates and numbers. */
export class Messages {
  constructor(
    readonly language: string,
    readonly locale: string,
    private readonly catalogue: Catalogue,
  ) {}

  static async load(tag: string): Promise<Messages> {
    const language = languageFor(tag);
    const catalogue = await (CATALOGUES[language] ?? CATALOGUES["en"]!)().catch(() => english);
    return new Messages(language, languageFor(tag) === language && isLocale(tag) ? tag : language, catalogue);
  }

  /** What is there without loading anything. */
  static english(): Messages {
    return new Messages("en", "en", english);
  }

  get direction(): "ltr" | "rtl" {
    return RIGHT_TO_LEFT.has(this.language) ? "rtl" : "ltr";
  }

  /** For dates and numbers: one kind of digits, those that the server's sentences and the rooms' IDs have. */
  get formats(): string {
    return this.direction === "rtl" ? new Intl.Locale(this.locale, { numberingSystem: "latn" }).toString() : this.locale;
  }

  say(key: MessageKey, values: Readonly<Record<string, string>> = {}): string {
    return this.catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  }

  /** A language's own name in the reader's language. */
  languageName(code: string): string {
    return new Intl.DisplayNames([this.locale], { type: "language" }).of(code) ?? code;
  }

  /** A country's name in the reader's language. */
  countryName(code: string, fallback: string): string {
    try {
      return new Intl.DisplayNames([this.locale], { type: "region" }).of(code) ?? fallback;
    } catch {
      return fallback; // the provider lists places that are no ISO country
    }
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.formats).format(value);
  }

  /** "one, two and three" */
  list(parts: readonly string[]): string {
    return new Intl.ListFormat(this.locale, { type: "conjunction" }).format(parts);
  }

  /** "in 30 seconds" without the "in". */
  duration(seconds: number): string {
    const minutes = Math.ceil(seconds / 60);
    const [amount, unit] = seconds < 90 ? [seconds, "second"] : [minutes, "minute"];
    return new Intl.NumberFormat(this.formats, { style: "unit", unit, unitDisplay: "long" }).format(amount);
  }
}

function isLocale(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf([tag]).length > 0;
  } catch {
    return false;
  }
}

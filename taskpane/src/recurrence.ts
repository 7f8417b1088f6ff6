/** Turns what Outlook's recurrence getters say into the JSON our server reads; it must not know Office.js's classes. */

export interface SeriesTimeReader {
  getStartDate(): string;
  getEndDate(): string | null | undefined;
  getStartTime(): string;
  getDuration(): number;
}

export interface RecurrenceReader {
  readonly recurrenceType: string;
  readonly recurrenceProperties?: object | null;
  readonly recurrenceTimeZone?: { readonly name?: string } | null;
  readonly seriesTime: SeriesTimeReader;
}

export interface RecurrenceJson {
  readonly recurrenceType: string;
  readonly recurrenceProperties: Readonly<Record<string, unknown>>;
  readonly recurrenceTimeZone: { readonly name: string };
  readonly seriesTime: {
    readonly startDate: string;
    readonly endDate: string | null;
    readonly startTime: string;
    readonly duration: number;
  };
}

const DATE = /^(\d{4}-\d{2}-\d{2})/;
const TIME = /^T?(\d{2}:\d{2})/;

/**
 * seriesTime is wall clock in recurrenceTimeZone, never UTC. `zone` is used where Outlook leaves the name out.
 * Throws RangeError where a getter gives something that is no date or time.
 */
export function recurrenceJson(recurrence: RecurrenceReader, zone: string): RecurrenceJson {
  const series = recurrence.seriesTime;
  const endDate = series.getEndDate();
  return {
    recurrenceType: recurrence.recurrenceType,
    recurrenceProperties: { ...plain(recurrence.recurrenceProperties ?? {}) },
    recurrenceTimeZone: { name: recurrence.recurrenceTimeZone?.name || zone },
    seriesTime: {
      startDate: part(DATE, series.getStartDate()),
      endDate: endDate ? part(DATE, endDate) : null,
      startTime: part(TIME, series.getStartTime()),
      duration: series.getDuration(),
    },
  };
}

function part(pattern: RegExp, text: string): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new RangeError(`not a date or time of a series: ${text}`);
  return found;
}

/** Own values only, so that nothing of Office.js's objects but their data is sent. */
function plain(properties: object): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(properties)) {
    const value = (properties as Record<string, unknown>)[name];
    if (value !== undefined && value !== null) out[name] = value;
  }
  return out;
}

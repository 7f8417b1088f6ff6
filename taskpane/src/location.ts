/** Adding our place to the location text and taking it out again; pure, it must not know Office.js. */

export const LOCATION_LIMIT = 255;
const SEPARATOR = "; ";

/** The location with `place` at its end; null where Outlook's 255 characters do not hold both (the person's own place stays). */
export function withPlace(location: string, place: string): string | null {
  if (place === "" || places(location).includes(place)) return location;
  const joined = location.trim() === "" ? place : location + SEPARATOR + place;
  return joined.length <= LOCATION_LIMIT ? joined : null;
}

/** The location without `place`; unchanged where it does not stand there as a place of its own. */
export function withoutPlace(location: string, place: string): string {
  if (place === "" || !places(location).includes(place)) return location;
  return location
    .split(";")
    .filter((part) => part.trim() !== place)
    .join(";")
    .trim();
}

function places(location: string): readonly string[] {
  return location.split(";").map((part) => part.trim());
}

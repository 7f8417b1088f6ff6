/** People as circles with initials, and the small drawings of the pages; it knows no mail and no event. */

const TONES = 8;

/** As the server's templates compute it: the same colour for the same address. */
export function face(name, address, size = "") {
  const made = document.createElement("span");
  const bytes = new TextEncoder().encode(address.toLowerCase());
  made.className = `face tone-${bytes.reduce((sum, byte) => sum + byte, 0) % TONES} ${size}`;
  made.setAttribute("aria-hidden", "true");
  const words = name.trim().split(/\s+/);
  made.textContent = (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
  return made;
}

/** The directory's name for an address, else the address. */
export function nameOf(people, address) {
  return people.find(({ upn }) => upn.toLowerCase() === address.toLowerCase())?.name ?? address;
}

/** An element with class, text and children, all optional. */
export function make(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

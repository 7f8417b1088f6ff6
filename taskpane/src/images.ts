/** Pictures that live in the item itself; pure, it must not know Office.js. */

const PICTURE = "<(?:img|input|v:imagedata|v:fill|image)\\b[^<>]*?\\s(?:src|xlink:href)\\s*=\\s*(\"[^\"]*\"|'[^']*'|[^\\s>]+)";
const BACKGROUND = /(?:\bbackground\s*=\s*["']?|url\(\s*(?:["']|&quot;)?)\s*(?:cid|blob|file|mhtml):/i;
const ELSEWHERE = /^(?:https?:|\/\/|data:)/i;

/**
 * True where the HTML refers to pictures by something else than an address that everybody can fetch (`cid:`, `blob:`, a bare
 * file name): what is read back of such a body is not the body, and written whole it may lose them in some clients.
 */
export function hasOwnPictures(html: string): boolean {
  const pictures = new RegExp(PICTURE, "gi"); // exec, since matchAll is newer than classic Outlook's event runtime
  for (let found = pictures.exec(html); found !== null; found = pictures.exec(html)) {
    const address = (found[1] ?? "").replace(/^["']|["']$/g, "").trim();
    if (address !== "" && !ELSEWHERE.test(address)) return true;
  }
  return BACKGROUND.test(html);
}

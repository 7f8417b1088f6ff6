/** Shows mail bodies from outside in a frame where nothing can run and nothing is fetched. */

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** Put `html` (or, without it, `text`) into `place`. Links open in a new window. */
export function showBody(place, html, text) {
  const frame = document.createElement("iframe");
  frame.title = "Body";
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  const content = html || `<pre style="white-space:pre-wrap;font:inherit">${escaped(text)}</pre>`;
  frame.srcdoc =
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><base target="_blank">` +
    `<style>body{font:15px/22px "Segoe UI",system-ui,sans-serif;color:#242424;background:#fff;overflow-wrap:anywhere}` +
    `</style>${content}`;
  place.append(frame);
}

function escaped(text) {
  return String(text ?? "").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

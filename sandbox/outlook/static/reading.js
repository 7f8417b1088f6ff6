/** Shows bodies from outside in a frame where nothing runs and nothing is fetched, as one client or another has them. */

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const CLIENTS = {
  "": "as it was sent",
  "new-outlook": "new Outlook and the web",
  classic: "classic Outlook (Word)",
  exchange: "stored by Exchange",
  reply: "quoted in a reply",
  text: "plain text",
};

/** Put `html` (or, without it, `text`) into `place`, with a choice of clients. Links open in a new window. */
export function showBody(place, html, text, api) {
  const frame = document.createElement("iframe");
  frame.title = "Body";
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  if (html) {
    place.append(chooser(frame, html, api));
  }
  fill(frame, html, text);
  place.append(frame);
}

function chooser(frame, html, api) {
  const label = document.createElement("label");
  label.className = "seen";
  label.textContent = "As seen in ";
  const select = document.createElement("select");
  for (const [value, name] of Object.entries(CLIENTS)) {
    select.append(new Option(name, value));
  }
  select.addEventListener("change", async () => {
    const shown = select.value ? await api.seen(html, select.value) : { html };
    fill(frame, shown.html, shown.text);
  });
  label.append(select);
  return label;
}

function fill(frame, html, text) {
  const content = html || `<pre style="white-space:pre-wrap;font:inherit">${escaped(text)}</pre>`;
  frame.srcdoc =
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><base target="_blank">` +
    `<style>body{font:15px/22px "Segoe UI",system-ui,sans-serif;color:#242424;background:#fff;overflow-wrap:anywhere}` +
    `</style>${content}`;
}

function escaped(text) {
  return String(text ?? "").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

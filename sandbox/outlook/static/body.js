/** The body's editor: a frame without scripts whose document is edited; it knows no appointment and no channel. */

const STYLE =
  "html{color-scheme:light}body{margin:0;padding:12px 16px;min-height:120px;background:#fff;color:#242424;" +
  "font:15px/22px 'Segoe UI',system-ui,sans-serif;overflow-wrap:anywhere}body:focus{outline:none}" +
  "body.plain{white-space:pre-wrap;font-family:Consolas,monospace;font-size:14px}";
const REMOVED =
  "script,noscript,iframe,frame,frameset,object,embed,applet,form,input,button,select,textarea,link,meta,base,title";

/** What Outlook on the web keeps of HTML that is put into a body: no active content, no head. */
export function cleaned(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const element of page.querySelectorAll(REMOVED)) {
    element.remove();
  }
  for (const element of page.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      const isScript = /^\s*(javascript|vbscript):/i.test(value);
      if (name.startsWith("on") || isScript || name === "srcdoc") {
        element.removeAttribute(name);
      }
    }
  }
  const styles = [...page.head.querySelectorAll("style")].map((style) => style.outerHTML).join("");
  return styles + page.body.innerHTML;
}

/** Plain text as HTML that shows it alike. */
export function textAsHtml(text) {
  const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return escaped.replace(/\r\n?|\n/g, "<br>");
}

export class BodyEditor extends EventTarget {
  /** @param {HTMLIFrameElement} frame with `sandbox="allow-same-origin"`, so that nothing in it can run */
  constructor(frame) {
    super();
    this.frame = frame;
    this.type = "html";
    this.isTouched = false;
    this.ready = new Promise((done) => {
      frame.addEventListener("load", () => done(this.#prepare()), { once: true });
    });
    frame.srcdoc = `<!doctype html><html lang="en"><head><style>${STYLE}</style></head><body></body></html>`;
  }

  #prepare() {
    const page = this.frame.contentDocument;
    page.body.contentEditable = "true";
    page.body.setAttribute("role", "textbox");
    page.body.setAttribute("aria-multiline", "true");
    page.body.setAttribute("aria-label", "Body");
    page.body.addEventListener("input", () => this.#changed());
    page.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        this.frame.ownerDocument.getElementById("subject")?.focus();
      }
    });
  }

  get page() {
    return this.frame.contentDocument;
  }

  setType(type) {
    this.type = type;
    this.page.body.classList.toggle("plain", type === "text");
    this.page.body.contentEditable = type === "text" ? "plaintext-only" : "true";
  }

  /** Load what is stored already: it is no change, and is not written back unless somebody changes it. */
  load(data, type) {
    this.isTouched = false;
    this.setType(type);
    if (type === "text") {
      this.page.body.textContent = data;
    } else {
      this.page.body.innerHTML = cleaned(data);
    }
  }

  get html() {
    return this.type === "text" ? textAsHtml(this.text) : this.page.body.innerHTML;
  }

  get text() {
    return this.type === "text" ? this.page.body.textContent : this.page.body.innerText;
  }

  get state() {
    return { data: this.type === "text" ? this.text : this.html, type: this.type, isTouched: this.isTouched };
  }

  set(data, isHtml) {
    if (this.type === "text") {
      this.page.body.textContent = data;
    } else {
      this.page.body.innerHTML = isHtml ? cleaned(data) : textAsHtml(data);
    }
    this.#changed();
  }

  prepend(data, isHtml) {
    this.#insert(data, isHtml, (fragment) => this.page.body.prepend(fragment));
  }

  append(data, isHtml) {
    this.#insert(data, isHtml, (fragment) => this.page.body.append(fragment));
  }

  /** At the cursor, in place of what is selected; at the start where there is no cursor. */
  replaceSelection(data, isHtml) {
    const range = this.#range();
    this.#insert(data, isHtml, (fragment) => {
      if (!range) {
        this.page.body.prepend(fragment);
        return;
      }
      range.deleteContents();
      const last = fragment.lastChild;
      range.insertNode(fragment);
      if (last) {
        range.setStartAfter(last);
        range.collapse(true);
      }
    });
  }

  selection(isHtml) {
    const range = this.#range();
    if (!range) {
      return "";
    }
    if (!isHtml) {
      return range.toString();
    }
    const holder = this.page.createElement("div");
    holder.append(range.cloneContents());
    return holder.innerHTML;
  }

  #range() {
    const chosen = this.page.getSelection();
    return chosen && chosen.rangeCount > 0 && this.page.body.contains(chosen.anchorNode) ? chosen.getRangeAt(0) : null;
  }

  #insert(data, isHtml, place) {
    const holder = this.page.createElement("template");
    holder.innerHTML = this.type === "text" ? textAsHtml(data) : isHtml ? cleaned(data) : textAsHtml(data);
    place(this.type === "text" ? this.page.createTextNode(data) : this.page.importNode(holder.content, true));
    this.#changed();
  }

  #changed() {
    this.isTouched = true;
    this.dispatchEvent(new CustomEvent("changed"));
  }
}

/** A body that is only read: what `body.getAsync` gives in the read form. */

import { cleaned, textAsHtml } from "./body.js";

export class ReadBody {
  constructor(data, type) {
    this.type = type;
    this.data = data;
  }

  get html() {
    return this.type === "text" ? textAsHtml(this.data) : cleaned(this.data);
  }

  get text() {
    if (this.type === "text") {
      return this.data;
    }
    const page = new DOMParser().parseFromString(cleaned(this.data).replace(/<(br|\/p|\/div|\/tr|\/h\d|\/li)\b/gi, "\n$&"), "text/html");
    for (const style of page.querySelectorAll("style")) {
      style.remove();
    }
    return page.body.textContent.replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
  }

  get state() {
    return { data: this.data, type: this.type, isTouched: false };
  }
}

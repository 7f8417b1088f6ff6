/** The panel of settings on every page: reads and writes the switches of this Outlook; it knows no appointment. */

const PATH = "/outlook/api/switches";
const PREFIX = "outlook.";
const DEFAULTS = { requirement_set: "1.8", permission_level: 3, body_type: "html", rewriting: null, token_error: null, office_faults: [] };
const AMOUNTS = { code: 9020, delay: 10000 };
const panel = document.getElementById("settings");
const form = panel.querySelector("form");
const list = document.getElementById("fault-list");
const error = panel.querySelector(".error");
const opener = document.getElementById("settings-button");
let faults = [];

const field = (name) => form.elements.namedItem(name);

async function call(method, body) {
  const answer = await fetch(PATH, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const data = await answer.json();
  if (!answer.ok) {
    throw new Error(data.error);
  }
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name.slice(PREFIX.length), value]));
}

function show(values) {
  for (const name of ["requirement_set", "permission_level", "body_type", "rewriting", "token_error"]) {
    const select = field(name);
    const value = values[name] === null ? "" : String(values[name]);
    if (![...select.options].some((option) => option.value === value)) {
      select.add(new Option(value, value));
    }
    select.value = value;
  }
  faults = values.office_faults;
  showFaults();
}

function showFaults() {
  list.replaceChildren(...faults.map((rule, index) => line(rule, index)));
}

function line(rule, index) {
  const made = document.createElement("li");
  const text = document.createElement("span");
  text.textContent = told(rule);
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "quiet";
  remove.textContent = "Remove";
  remove.setAttribute("aria-label", `Remove: ${told(rule)}`);
  remove.addEventListener("click", () => {
    faults = faults.filter((_, other) => other !== index);
    showFaults();
    document.getElementById("fault-add").focus();
  });
  made.append(text, remove);
  return made;
}

function told(rule) {
  const name = [...field("fault-dispatch").options].find((option) => Number(option.value) === rule.dispatch)?.text;
  const how = Object.keys(rule).find((key) => key !== "dispatch" && key !== "times");
  const what = {
    code: `fails with ${rule.code}`, deny: "is denied", delay: `takes ${rule.delay / 1000} s`, drop: "never answers",
    behind: "answers out of order",
  }[how];
  return `${name ?? `call ${rule.dispatch}`} ${what}${rule.times ? `, ${rule.times === 1 ? "once" : `${rule.times} times`}` : ""}`;
}

function addFault() {
  const how = field("fault-how").value;
  const times = field("fault-times").value;
  faults = [
    ...faults,
    { dispatch: Number(field("fault-dispatch").value), [how]: AMOUNTS[how] ?? true, ...(times ? { times: Number(times) } : {}) },
  ];
  showFaults();
}

function read() {
  const number = (name) => (field(name).value === "" ? null : Number(field(name).value));
  return {
    requirement_set: field("requirement_set").value, permission_level: number("permission_level"),
    body_type: field("body_type").value, rewriting: field("rewriting").value || null, token_error: number("token_error"),
    office_faults: faults,
  };
}

async function save() {
  error.textContent = "";
  try {
    const wanted = Object.fromEntries(Object.entries(read()).map(([name, value]) => [PREFIX + name, value]));
    const values = await call("PUT", wanted);
    panel.close();
    // a window that is open takes them up without losing what was written in it
    document.dispatchEvent(new CustomEvent("settings", { detail: values }));
  } catch (failure) {
    error.textContent = failure.message;
  }
}

opener.addEventListener("click", async () => {
  error.textContent = "";
  show(await call("GET"));
  panel.showModal();
});
panel.addEventListener("close", () => opener.focus());
document.getElementById("settings-close").addEventListener("click", () => panel.close());
document.getElementById("settings-reset").addEventListener("click", () => show(structuredClone(DEFAULTS)));
document.getElementById("settings-save").addEventListener("click", save);
document.getElementById("fault-add").addEventListener("click", addFault);

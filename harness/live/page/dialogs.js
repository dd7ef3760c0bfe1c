// What opens over the page: a ticket's state as it came, the scenario of what was done, help, and the question before the end.

import { ACTIONS } from "./actions.js?token={{token}}";
import { make } from "./words.js?token={{token}}";

const dialog = document.getElementById("dialog");
const title = document.getElementById("dialog-title");
const body = document.getElementById("dialog-body");
const buttons = document.getElementById("dialog-buttons");

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // beside it
});

export function isOpen() {
  return dialog.open;
}

/** Open the dialog; each of `choices` is a word and what it does. */
function open(heading, content, choices = []) {
  title.textContent = heading;
  body.replaceChildren(...content);
  const offered = choices.map(([word, run, kind]) => {
    const button = make("button", { type: "button", class: kind ?? "" }, word);
    button.addEventListener("click", () => run(button));
    return button;
  });
  const close = make("button", { type: "button", class: "primary" }, "Close");
  close.addEventListener("click", () => dialog.close());
  buttons.replaceChildren(...offered, close);
  if (!dialog.open) dialog.showModal();
  close.focus();
}

const asJson = (value) => JSON.stringify(value, null, 2);

/** What each system answers of a ticket, and its row in the store, both as they came. */
export function showState(answer, refresh) {
  const columns = Object.entries(answer.systems).map(([label, system]) => {
    const came = system.as_it_came ?? {};
    const asked = came.orchestrator
      ? [make("h4", {}, "The engine answers"), block(asJson(came.orchestrator), `${label}: the engine's answer`)]
      : [make("h4", {}, "There is nobody to ask"), make("p", { class: "soft" }, "Without an engine, the row is all there is.")];
    const row = came.store ? asJson(came.store) : "no such row";
    const work = system.worked_on ? "somebody works on it" : "nobody works on it";
    const heading = make("h3", {}, label, make("small", {}, ` ${(system.state ?? "unknown").replaceAll("_", " ")}, ${work}`));
    return make("section", { "data-system": label }, heading, ...asked, make("h4", {}, "The row in the store"), block(row, `${label}: the row`));
  });
  open(`${answer.id}, as the systems answer`, [make("div", { class: "beside" }, ...columns)], [["Ask again", refresh]]);
}

function block(text, label) {
  return make("pre", { tabindex: "0", role: "region", "aria-label": label }, text);
}

export function showScenario(yaml, said, copied) {
  const copy = async () => {
    await navigator.clipboard.writeText(yaml);
    copied();
  };
  open("What was done, as a scenario", [make("p", {}, said), block(yaml, "The scenario")], [["Copy", copy]]);
}

export function askToStop(stop) {
  const words = "All systems end, what was recorded is made whole and judged. Tickets under way stay in the record as they stand.";
  const sure = () => {
    dialog.close();
    stop();
  };
  open("Stop the session?", [make("p", {}, words)], [["Stop it", sure, "harm"]]);
}

export function showHelp() {
  const groups = new Map();
  for (const action of Object.values(ACTIONS)) {
    if (!groups.has(action.group)) groups.set(action.group, []);
    const key = make("kbd", {}, action.shown ?? action.key);
    groups.get(action.group).push(make("div", {}, make("dt", {}, key), make("dd", {}, action.words)));
  }
  const parts = [...groups].map(([group, rows]) => make("section", {}, make("h3", {}, group), make("dl", { class: "keys" }, ...rows)));
  open("Keys and marks", [make("div", { class: "flow" }, ...parts, legend())]);
}

function legend() {
  const chips = [
    ["done", "investigate", "a step that is recorded"],
    ["now", "resolve", "a step that is under way"],
    ["branch", "search → not found", "a step whose result chose another way"],
    ["again now", "notify ×2", "a step that was tried again"],
    ["dropped", "assign", "a step that nobody works on any more"],
  ].map(([kind, text, words]) => make("div", {}, make("dt", {}, make("span", { class: `chip ${kind}` }, text)), make("dd", {}, words)));
  const signs = [
    ["○○", "steps still ahead"],
    ["◷", "waits for an agent, a worker or another try"],
    ["❚❚", "stands still until it is resumed"],
    ["✕", "nobody works on it any more"],
    ["⚑", "handed to people"],
    ["⊘", "refused: its client was told no"],
    ["↻", "steps were repeated"],
  ].map(([sign, words]) => make("div", {}, make("dt", {}, sign), make("dd", {}, words)));
  return make("section", {}, make("h3", {}, "Marks"), make("dl", { class: "keys" }, ...chips, ...signs));
}

// Short words for what a page shows, and the making of elements. Text is always text: nothing here takes markup.

const STEPS = {
  send_auto_response: "reply",
  search_knowledge_base: "search",
  notify_customer: "notify",
  notify_management: "managers",
  agent_resolve: "resolve",
  release_agent: "release",
  close_ticket: "close",
  assign_agent: "assign",
  agent_investigate: "investigate",
  escalate_to_engineering: "escalate",
  apply_urgent_fix: "fix",
  validate_resolution: "validate",
};

const BRANCHES = new Set(["not_found", "invalid", "no_agent", "needs_escalation", "rejected", "failed", "silent"]);

const WAITS = {
  operator: "stands still",
  agent: "waits for an agent",
  retry: "waits to try again",
  worker: "waits for a worker",
};

export const LOST = "nobody works on it any more";

export function spaced(name) {
  return String(name).replaceAll("_", " ");
}

export function stepWord(step) {
  return STEPS[step] ?? spaced(step);
}

/** The branch that a step's result chose, in words; nothing where the flow went straight on. */
export function branchWord(chip) {
  return BRANCHES.has(chip.result) ? spaced(chip.result) : "";
}

export function isLost(row) {
  return row.ended_s === null && !row.worked_on && !row.refused;
}

/** What is to be said of a ticket's present, with the kind of mark that it gets. */
export function standing(row) {
  if (row.ended_s !== null) return { mark: row.state === "manual_intervention" ? "people" : "ended", words: endWord(row) };
  if (row.refused) return { mark: "refused", words: "refused" };
  if (isLost(row)) return { mark: "lost", words: row.state === "paused" ? `paused, ${LOST}` : LOST };
  if (row.waits) return { mark: row.waits === "operator" ? "paused" : "waits", words: WAITS[row.waits] ?? spaced(row.waits) };
  if (row.state === "paused") return { mark: "paused", words: WAITS.operator };
  return { mark: "", words: "" };
}

function endWord(row) {
  return row.state === "manual_intervention" ? "handed to people" : spaced(row.state);
}

/** A whole row as one sentence, for those who do not see it. */
export function rowSentence(row) {
  const last = row.path.at(-1);
  const parts = [`${row.id}, ${row.priority}, ${row.customer}: ${row.issue}`];
  if (last) parts.push(`${last.result ? "after" : "in"} ${spaced(last.step)}`);
  if (row.attempts) parts.push(`${row.attempts} attempts`);
  if (row.repeated) parts.push(`${row.repeated} repeated`);
  if (row.agent) parts.push(`agent ${row.agent}`);
  const { words } = standing(row);
  if (words) parts.push(words);
  return parts.join("; ");
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  const tail = `${String(minutes).padStart(hours || days ? 2 : 1, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return `${days ? `${days} d ` : ""}${hours || days ? `${hours}:` : ""}${tail}`;
}

/** Make an element; children may be elements or text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Write a text only where it changed: what is left alone costs no layout and is not read out again. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function mark(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

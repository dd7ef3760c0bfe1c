// A system's tickets, newest first. Only the rows in view exist: two thousand tickets cost as much as twenty.

import { branchWord, clock, isLost, make, mark, rowSentence, spaced, standing, stepWord, write } from "./words.js?token={{token}}";

const OVERSCAN = 4;
const MOST_DOTS = 12;
const SIGNS = { lost: "✕", paused: "❚❚", waits: "◷", people: "⚑", refused: "⊘", ended: "✓" };

export class TicketList {
  /** `choose(number)` is called when a row is clicked; `box` is the list, which scrolls. */
  constructor(label, choose) {
    this.label = label;
    this.box = make("div", { class: "tickets", role: "listbox", tabindex: "0", "aria-label": `Tickets of ${label}` });
    this.space = make("div", { class: "space", role: "presentation" });
    this.empty = make("p", { class: "empty soft" }, "No ticket so far. Press n, or New ticket.");
    this.box.append(this.space);
    this.shown = new Map();
    this.order = [];
    this.rowHeight = 0;
    this.box.addEventListener("scroll", () => requestAnimationFrame(() => this.render()), { passive: true });
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) choose(Number(row.dataset.number));
    });
  }

  /** Take a system's tickets as they are now; `now` is in seconds of the session. */
  update({ tickets, listed }, chosen, now) {
    if (this.tickets !== tickets || this.listed !== listed) {
      this.tickets = tickets;
      this.listed = listed;
      this.#keepPlace(() => {
        this.order = [...tickets.keys()].sort((a, b) => b - a);
      });
    }
    this.chosen = chosen;
    this.now = now;
    this.render();
  }

  /** Who has scrolled down to something keeps seeing it when newer tickets arrive. */
  #keepPlace(change) {
    const height = this.rowHeight || 1;
    const first = Math.floor(this.box.scrollTop / height);
    const seen = first > 0 ? this.order[first] : undefined;
    change();
    const place = seen === undefined ? -1 : this.order.indexOf(seen);
    if (place > first) this.pendingScroll = this.box.scrollTop + (place - first) * height;
  }

  scrollTo(number) {
    const place = this.order.indexOf(number);
    if (place < 0 || !this.rowHeight) return;
    const top = place * this.rowHeight;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    const bottom = top + this.rowHeight - this.box.clientHeight;
    if (bottom > this.box.scrollTop) this.box.scrollTop = bottom;
  }

  render() {
    if (!this.tickets) return;
    if (!this.rowHeight) this.rowHeight = parseFloat(getComputedStyle(this.box).getPropertyValue("--row"));
    const height = this.rowHeight;
    this.space.style.height = `${this.order.length * height}px`;
    if (this.pendingScroll !== undefined) {
      this.box.scrollTop = this.pendingScroll;
      this.pendingScroll = undefined;
    }
    const first = Math.max(0, Math.floor(this.box.scrollTop / height) - OVERSCAN);
    const last = Math.min(this.order.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / height) + OVERSCAN);
    const wanted = new Set(this.order.slice(first, last));
    for (const [number, element] of this.shown) {
      if (wanted.has(number)) continue;
      element.remove();
      this.shown.delete(number);
    }
    for (let place = first; place < last; place += 1) this.#renderRow(this.order[place], place);
    mark(this.box, "aria-activedescendant", this.shown.get(this.chosen)?.id ?? null);
    if (this.order.length === 0) this.box.before(this.empty);
    else this.empty.remove();
  }

  #renderRow(number, place) {
    let element = this.shown.get(number);
    if (!element) {
      element = blankRow(`${this.label}-${number}`, number);
      this.shown.set(number, element);
      this.space.append(element);
    }
    element.style.transform = `translateY(${place * this.rowHeight}px)`;
    mark(element, "aria-setsize", this.order.length);
    mark(element, "aria-posinset", place + 1);
    mark(element, "aria-selected", String(number === this.chosen));
    const row = this.tickets.get(number);
    if (element.row !== row) fill(element, row);
    tick(element, row, this.now);
  }
}

function blankRow(id, number) {
  const names = ["id", "priority", "who", "mark", "path", "facts"];
  const parts = Object.fromEntries(names.map((name) => [name, make("span", { class: name })]));
  const lines = [names.slice(0, 4), names.slice(4)].map((line) => make("span", { class: "line" }, ...line.map((name) => parts[name])));
  const element = make("div", { class: "row", role: "option", id, "data-number": number }, ...lines);
  element.parts = parts;
  return element;
}

function fill(element, row) {
  const { id, priority, who, path, facts } = element.parts;
  element.row = row;
  mark(element, "aria-label", rowSentence(row));
  mark(element, "data-state", row.state);
  mark(element, "data-lost", isLost(row) || null);
  mark(element, "data-priority", row.priority);
  write(id, row.id);
  write(priority, row.priority);
  write(who, `${row.customer}: ${row.issue}`);
  mark(who, "title", `${row.customer}: ${row.issue}`);
  fillPath(path, row);
  write(facts, factsOf(row));
  mark(facts, "data-repeated", row.repeated > 0 || null);
}

function factsOf(row) {
  const facts = [];
  if (row.repeated) facts.push(`↻ ${row.repeated} repeated`);
  if (row.attempts) facts.push(`${row.attempts} tries`);
  if (row.agent) facts.push(row.agent);
  if (row.in !== null && row.ended_s === null) facts.push(`worker ${row.in}`);
  return facts.join(" · ");
}

/** Chips are changed in place: one that goes on being filled keeps its movement. */
function fillPath(path, row) {
  const chips = row.path.map((chip, place) => chipOf(chip, place === row.path.length - 1, row));
  if (row.ahead) chips.push({ text: "○".repeat(Math.min(row.ahead, MOST_DOTS)), kind: "ahead", title: `${row.ahead} steps ahead` });
  while (path.children.length > chips.length) path.lastChild.remove();
  while (path.children.length < chips.length) path.append(make("span"));
  chips.forEach(({ text, kind, title }, place) => {
    const element = path.children[place];
    write(element, text);
    mark(element, "class", `chip ${kind}`);
    mark(element, "title", title);
  });
}

function chipOf(chip, isLast, row) {
  const again = chip.attempts > 1 ? ` ×${chip.attempts}` : "";
  const branch = branchWord(chip);
  const text = `${stepWord(chip.step)}${branch ? ` → ${branch}` : ""}${again}`;
  const title = `${spaced(chip.step)}${chip.visit > 1 ? `, visit ${chip.visit}` : ""}${chip.purpose ? ` (${spaced(chip.purpose)})` : ""}: ${chip.result ? spaced(chip.result) : "under way"}${again}`;
  const kinds = [chip.result ? (branch ? "branch" : "done") : isLost(row) ? "dropped" : "now"];
  if (chip.attempts > 1) kinds.push("again");
  if (isLast) kinds.push("last");
  return { text, kind: kinds.join(" "), title };
}

function tick(element, row, now) {
  const { mark: kind, words } = standing(row);
  const lasts = kind && row.ended_s === null ? ` ${clock(now - row.changed_s)}` : "";
  const took = row.ended_s === null ? "" : ` in ${(row.ended_s - row.submitted_s).toFixed(1)} s`;
  write(element.parts.mark, kind ? `${SIGNS[kind]} ${words}${lasts}${took}` : clock(now - row.submitted_s));
  mark(element.parts.mark, "data-kind", kind || null);
}

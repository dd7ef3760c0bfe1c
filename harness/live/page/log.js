// The event log: sentences, newest first, each with its record. What is worth saying aloud is said politely and seldom.

import { clock, make, write } from "./words.js?token={{token}}";

const MOST_LINES = 200;
const ANNOUNCE_EVERY_MS = 3_000;

export class EventLog {
  constructor(box, announcer) {
    this.box = box;
    this.announcer = announcer;
    this.last = 0;
    this.announcedAt = -ANNOUNCE_EVERY_MS;
  }

  /** Show these lines (oldest first), as far as `isWanted` says; all anew where the view itself changed. */
  update(lines, isWanted, view, choose) {
    const newest = lines.at(-1)?.n ?? 0;
    const isAnew = view !== this.view || newest < this.last;
    if (isAnew) {
      this.box.replaceChildren();
      this.view = view;
      this.last = 0;
    }
    const fresh = lines.filter((line) => line.n > this.last && isWanted(line)).slice(-MOST_LINES);
    if (!isAnew) this.#announce(fresh);
    this.last = newest;
    if (!fresh.length) return;
    const isAtTop = this.box.scrollTop < 4;
    const heightBefore = this.box.scrollHeight;
    this.box.prepend(...fresh.reverse().map((line) => lineElement(line, choose)));
    if (!isAtTop) this.box.scrollTop += this.box.scrollHeight - heightBefore; // who reads further down is left there
    while (this.box.children.length > MOST_LINES) this.box.lastChild.remove();
  }

  #announce(lines) {
    const worth = lines.findLast((line) => line.kind !== "step");
    if (!worth || performance.now() - this.announcedAt < ANNOUNCE_EVERY_MS) return;
    this.announcedAt = performance.now();
    write(this.announcer, worth.system ? `${worth.system}: ${worth.said}` : worth.said);
  }
}

function lineElement(line, choose) {
  const said = make("span", { class: "said" }, line.said);
  const record = make("code", { class: "record" }, line.record ? `${line.record.file} #${line.record.seq}` : "");
  const element = make("li", { "data-kind": line.kind }, make("time", {}, clockWithTenths(line.at_s)), make("b", {}, line.system ?? ""), said, record);
  if (line.ticket) {
    element.classList.add("leads");
    element.addEventListener("click", () => choose(line.ticket));
  }
  return element;
}

function clockWithTenths(seconds) {
  return `${clock(seconds)}.${Math.floor((seconds % 1) * 10)}`;
}

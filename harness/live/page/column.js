// One system: its name, its tally, its processes and its tickets.

import { TicketList } from "./rows.js?token={{token}}";
import { TileRow } from "./tiles.js?token={{token}}";
import { make, mark, write } from "./words.js?token={{token}}";

const TALLY = [
  ["finished", "finished", "good"],
  ["lost", "lost", "bad"],
  ["refused", "refused", "doubt"],
  ["failed", "handed to people", "doubt"],
  ["sent_twice", "sent twice", "doubt"],
  ["open", "open", ""],
  ["paused", "paused", ""],
  ["resumed_after_s", "s to resume", ""],
];

export class Column {
  constructor(system, choose, strike) {
    this.label = system.label;
    this.tickets = new TicketList(system.label, choose);
    this.tiles = new TileRow(system.label, strike);
    this.figures = new Map(TALLY.map(([name]) => [name, make("dd", {}, "0")]));
    const tally = TALLY.map(([name, words]) => make("div", { "data-figure": name }, make("dt", {}, words), this.figures.get(name)));
    const heading = make("h2", {}, system.label);
    this.phase = make("span", { class: "phase soft" });
    if (system.ui) heading.append(" ", make("a", { href: httpOnly(system.ui), target: "_blank", rel: "noopener noreferrer" }, "web UI ↗"));
    const top = make("div", { class: "top" }, heading, this.phase, make("dl", { class: "tally" }, ...tally));
    this.box = make("section", { class: "system", "data-system": system.label, "aria-label": system.label }, top, this.tiles.box, this.tickets.box);
  }

  updateTally(system) {
    write(this.phase, system.phase === "load" ? "" : `(${system.phase})`);
    for (const [name, , kind] of TALLY) {
      const value = system.tally?.[name];
      const figure = this.figures.get(name);
      write(figure, value === null || value === undefined ? "–" : name.endsWith("_s") ? value.toFixed(1) : String(value));
      mark(figure, "class", value && kind ? kind : null);
      if (name === "refused") figure.parentElement.hidden = !value; // so seldom that its place is better left to others
    }
  }
}

/** An address is only followed where it is one of the web: nothing else is to be opened from here. */
function httpOnly(address) {
  return /^https?:\/\//.test(address) ? address : null;
}

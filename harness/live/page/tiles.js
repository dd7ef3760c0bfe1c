// A system's processes as tiles: what each has under way, how it is, and its CPU over the last minute as a line.

import { make, mark, write } from "./words.js?token={{token}}";

const SVG = "http://www.w3.org/2000/svg";
const MINUTE = 60;
const HEIGHT = 20;
const LEAST_SCALE = 0.1; // of a core: so that a twitch of an idle process does not look like work
const NAMES = { receiver: "receiver", engine: "engine", database: "database", store: "store" };
const ACTIONS = {
  worker: [["kill", "Kill"], ["freeze", "Freeze"]],
  dead: [["start", "Start"]],
  engine: [["engine", "Kill"]],
  receiver: [["receiver", "Away"], ["slow", "Slow"]],
  database: [["store", "Away"]],
  store: [["store", "Away"]],
};

export class TileRow {
  /** `strike(action, label, index)` is called when a tile's button is pressed. */
  constructor(label, strike) {
    this.label = label;
    this.strike = strike;
    this.box = make("ul", { class: "tiles", "aria-label": `Processes of ${label}` });
    this.tiles = new Map();
  }

  /** Take the processes as they are now; `scale` is the share of a core that fills a line's height. */
  update(processes, scale) {
    // A store that is a file has no process, but can be taken away all the same.
    const hasDatabase = processes.some((process) => process.role === "database");
    const all = hasDatabase ? processes : [...processes, { role: "store", index: 0, state: "a file", cpu: null, tickets: [] }];
    const wanted = new Set(all.map(keyOf));
    for (const [key, tile] of this.tiles) {
      if (wanted.has(key)) continue;
      tile.element.remove();
      this.tiles.delete(key);
    }
    for (const process of all) this.#show(process, scale);
  }

  #show(process, scale) {
    let tile = this.tiles.get(keyOf(process));
    if (!tile) {
      tile = blankTile(process);
      this.tiles.set(keyOf(process), tile);
      this.box.append(tile.element);
    }
    const name = nameOf(process);
    mark(tile.element, "data-state", process.state);
    write(tile.name, name);
    write(tile.state, process.state);
    write(tile.inside, inside(process));
    mark(tile.inside, "title", process.tickets.join(", ") || null);
    if (process.cpu) drawLine(tile, process.cpu, scale, `${name} of ${this.label}`);
    this.#offer(tile, process, name);
  }

  #offer(tile, process, name) {
    const kind = process.role === "worker" && process.state === "dead" ? "dead" : process.role;
    if (tile.offered === kind) return;
    tile.offered = kind;
    const buttons = (ACTIONS[kind] ?? []).map(([action, word]) => {
      const label = `${word}: ${name} of ${this.label}`;
      const button = make("button", { type: "button", "data-action": action, "aria-label": label, title: label }, word);
      button.addEventListener("click", () => this.strike(action, this.label, process.index));
      return button;
    });
    const hadFocus = tile.buttons.contains(document.activeElement);
    tile.buttons.replaceChildren(...buttons);
    if (hadFocus) buttons[0]?.focus();
  }
}

/** The share of a core that fills a line's height: the same for all, so that lines can be compared. */
export function scaleOf(systems) {
  const peaks = [...systems].flatMap((system) => (system.processes ?? []).map((process) => Math.max(0, ...process.cpu)));
  return Math.max(LEAST_SCALE, ...peaks);
}

function keyOf({ role, index }) {
  return `${role} ${index}`;
}

function nameOf({ role, index }) {
  return role === "worker" ? `worker ${index}` : (NAMES[role] ?? role);
}

function inside({ tickets, role }) {
  if (tickets.length) return tickets.length > 1 ? `${tickets.at(-1)} +${tickets.length - 1}` : tickets[0];
  return role === "worker" ? "empty" : "";
}

function blankTile(process) {
  const line = document.createElementNS(SVG, "polyline");
  const chart = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${MINUTE} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" })) {
    chart.setAttribute(name, value);
  }
  chart.append(line);
  const tile = { line, chart };
  for (const part of ["name", "state", "inside", "percent", "buttons"]) tile[part] = make("span", { class: part });
  const head = make("span", { class: "head" }, make("i", { class: "dot", "aria-hidden": "true" }), tile.name, tile.inside);
  const middle = process.cpu ? [make("span", { class: "cpu" }, chart, tile.percent)] : [];
  const foot = make("span", { class: "foot" }, tile.state, tile.buttons);
  tile.element = make("li", { class: "tile", "data-role": process.role, "data-index": process.index }, head, ...middle, foot);
  return tile;
}

function drawLine(tile, shares, scale, whose) {
  const from = MINUTE - shares.length;
  const points = shares.map((share, second) => `${from + second + 1},${(HEIGHT - 1 - (share / scale) * (HEIGHT - 2)).toFixed(1)}`);
  mark(tile.line, "points", points.join(" "));
  const recent = shares.slice(-3);
  const percent = recent.length ? (100 * recent.reduce((sum, share) => sum + share, 0)) / recent.length : 0;
  write(tile.percent, `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`);
  mark(tile.chart, "aria-label", `CPU of ${whose} over the last minute; now ${tile.percent.textContent} of a core`);
}

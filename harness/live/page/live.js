// The page of a session: it follows what happens, draws it once a frame, and passes on what is asked for.

import { ACTIONS, Desk, actionOf, labelButtons } from "./actions.js?token={{token}}";
import { Column } from "./column.js?token={{token}}";
import { askToStop, isOpen, showHelp, showScenario, showState } from "./dialogs.js?token={{token}}";
import { Feed } from "./feed.js?token={{token}}";
import { EventLog } from "./log.js?token={{token}}";
import { isDark, startTheme, switchTheme } from "./theme.js?token={{token}}";
import { scaleOf } from "./tiles.js?token={{token}}";
import { clock, make, mark, standing, write } from "./words.js?token={{token}}";

const at = (id) => document.getElementById(id);
const CONNECTION = { starting: "connecting", open: "", lost: "connection lost, trying again", over: "the session is over" };

class Page {
  constructor() {
    this.desk = new Desk(document.querySelector("meta[name=token]").content);
    this.columns = new Map();
    this.chosen = null;
    this.struckTile = null;
    this.log = new EventLog(at("log"), at("announcer"));
    this.feed = new Feed(this.desk.token, (what) => this.#heard(what));
  }

  // -- what is shown

  #heard(what) {
    if (what === "state") this.isNew = true;
    this.draw();
  }

  /** Draw in the next frame: however many changes come until then, there is one drawing. */
  draw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.#draw();
    });
  }

  #draw() {
    const { feed } = this;
    if (this.isNew) this.#build();
    this.isNew = false;
    const scale = scaleOf(feed.systems.values());
    for (const [label, system] of feed.systems) {
      const column = this.columns.get(label);
      column.updateTally(system);
      column.tiles.update(system.processes ?? [], scale);
      column.tickets.update(system, this.chosen, feed.now);
    }
    this.#drawHead();
    this.#drawChosen();
    this.#drawLog();
    document.documentElement.dataset.ready = feed.systems.size ? "yes" : "no";
  }

  #build() {
    const labels = [...this.feed.systems.keys()].join();
    if (labels === [...this.columns.keys()].join()) return;
    const choose = (number) => this.choose(number);
    const strike = (action, label, index) => this.#strikeTile(action, label, index);
    this.columns = new Map([...this.feed.systems].map(([label, system]) => [label, new Column(system, choose, strike)]));
    at("systems").replaceChildren(...[...this.columns.values()].map((column) => column.box));
    const names = ["", ...this.columns.keys()];
    const radios = names.map((label, n) => {
      const radio = make("input", { type: "radio", name: "scope", value: label, checked: n === 0 });
      return make("label", {}, radio, make("span", {}, label || "all systems"));
    });
    at("scope").replaceChildren(at("scope").firstElementChild, ...radios);
    const hasEngine = [...this.feed.systems.values()].some((system) => system.has_engine);
    document.querySelector("[data-do=engine]").hidden = !hasEngine;
  }

  #drawHead() {
    const { feed } = this;
    write(at("scenario"), feed.session.scenario ?? "");
    mark(at("scenario"), "title", feed.session.description || null);
    write(at("clock"), clock(feed.now));
    const words = feed.session.is_stopping && feed.connection === "open" ? "ending" : CONNECTION[feed.connection];
    write(at("connection-words"), words);
    mark(at("connection"), "data-state", feed.connection);
    if (feed.connection === "over") this.say(`The session is over. Its record: ${feed.session.folder} (chaos report, chaos explain)`);
  }

  #drawChosen() {
    const places = [...this.feed.systems].flatMap(([label, system]) => {
      const row = system.tickets.get(this.chosen);
      return row ? [{ label, row }] : [];
    });
    // Not disabled: whoever comes by keyboard finds them, and is told what is missing.
    for (const button of document.querySelectorAll("#ticket button")) mark(button, "aria-disabled", places.length === 0);
    if (!places.length) {
      write(at("chosen"), "Choose a ticket: click it, or use the arrow keys.");
      return;
    }
    const [{ row }] = places;
    const stands = places.map((place) => `${place.label}: ${standing(place.row).words || "under way"}`);
    write(at("chosen"), `${row.id} ${row.customer}: ${row.issue} (${stands.join("; ")})`);
  }

  #drawLog() {
    const filter = at("filter").value;
    const id = this.chosenId;
    const wanted = { all: () => true, events: (line) => line.kind !== "step", chosen: (line) => line.ticket === id };
    const view = filter === "chosen" ? `chosen ${id}` : filter;
    this.log.update(this.feed.log, wanted[filter], view, (ticket) => this.choose(Number(ticket.slice(2))));
  }

  // -- what is chosen

  get chosenId() {
    const rows = [...this.feed.systems.values()].map((system) => system.tickets.get(this.chosen));
    return rows.find(Boolean)?.id ?? null;
  }

  choose(number) {
    this.chosen = number;
    document.activeElement?.closest(".tile")?.querySelector(":focus")?.blur(); // keys mean the ticket from now on
    for (const column of this.columns.values()) column.tickets.scrollTo(number);
    this.draw();
  }

  /** Choose the next newer (1) or older (-1) ticket of any system; the newest where none is chosen. */
  step(direction) {
    const numbers = new Set([...this.feed.systems.values()].flatMap((system) => [...system.tickets.keys()]));
    const sorted = [...numbers].sort((a, b) => a - b);
    const place = sorted.indexOf(this.chosen);
    const next = place < 0 ? sorted.at(-1) : sorted[place + direction];
    if (next !== undefined) this.choose(next);
  }

  scope() {
    return document.querySelector("input[name=scope]:checked")?.value || null;
  }

  nextScope() {
    const radios = [...document.querySelectorAll("input[name=scope]")];
    const next = radios[(radios.findIndex((radio) => radio.checked) + 1) % radios.length];
    next.checked = true;
    this.say(next.value ? `Buttons act on ${next.value} alone.` : "Buttons act on all systems.");
  }

  nextTile() {
    const tiles = [...document.querySelectorAll(".tile")];
    const place = tiles.indexOf(document.activeElement.closest(".tile"));
    tiles[(place + 1) % tiles.length]?.querySelector("button")?.focus();
  }

  #tile() {
    return this.struckTile ?? document.activeElement?.closest(".tile[data-role=worker]");
  }

  #strikeTile(action, label, index) {
    this.struckTile = this.columns.get(label).box.querySelector(`.tile[data-role=worker][data-index="${index}"]`);
    this.tileScope = label;
    this.act(action);
    this.struckTile = null;
    this.tileScope = null;
  }

  // -- what an order is made of

  ticket() {
    return this.chosenId;
  }

  worker() {
    const tile = this.#tile();
    return tile ? Number(tile.dataset.index) : null;
  }

  duration() {
    return at("duration").value;
  }

  restartAfter() {
    return at("restart-after").value;
  }

  form() {
    const priority = at("priority").value || null;
    const manner = at("manner").value;
    return { priority, count: Number(at("count").value), twice: manner.includes("twice"), lose_answer: manner.includes("lost") };
  }

  // -- what is done

  /** Do what a button or a key means. */
  act(name) {
    const action = ACTIONS[name];
    const isAimed = this.chosenId !== null || (action.needs === "victim" && this.worker() !== null);
    if (action.needs && !isAimed) {
      this.say("Choose a ticket first: click it, or use the arrow keys.");
      return;
    }
    Promise.resolve(action.run(this)).catch((error) => this.say(error.message, true));
  }

  async post(path, order = {}) {
    const tile = this.#tile();
    const isOfTile = "worker" in order && order.worker !== "all" && tile;
    const label = this.tileScope ?? (isOfTile ? tile.closest(".system").dataset.system : this.scope());
    const answer = await this.desk.ask(path, label ? { ...order, systems: [label] } : order);
    this.say(answer.said, !answer.done);
    return answer;
  }

  async submit(priority) {
    const answer = await this.post("/api/tickets", { ...this.form(), priority });
    const newest = Number(answer.ids?.at(-1)?.slice(2));
    if (newest && this.chosen === null) this.choose(newest);
  }

  async showState() {
    const label = this.scope();
    const query = label ? `?${new URLSearchParams({ system: label })}` : "";
    const id = this.ticket();
    const ask = async () => showState(await this.desk.ask(`/api/tickets/${id}${query}`), () => ask().catch((error) => this.say(error.message, true)));
    await ask();
  }

  async save() {
    const answer = await this.desk.ask("/api/save", {});
    this.say(answer.said, !answer.done);
    if (!answer.done) return;
    const { yaml } = await this.desk.ask("/api/scenario");
    showScenario(yaml, `${answer.said}; repeat it with: chaos run ${answer.file}`, () => this.say("The scenario was copied."));
  }

  stop() {
    askToStop(() => this.desk.ask("/api/stop", {}).then((answer) => this.say(answer.said)).catch((error) => this.say(error.message, true)));
  }

  openUi() {
    const link = document.querySelector(".system h2 a");
    if (link) link.click();
    else this.say("No system here has a web UI.");
  }

  switchTheme() {
    switchTheme(nameTheme);
  }

  help() {
    showHelp();
  }

  focus(id) {
    at(id).focus();
  }

  say(words, isRefusal = false) {
    write(at("answer"), words);
    mark(at("answer"), "data-refusal", isRefusal || null);
  }
}

function nameTheme() {
  document.querySelector("[data-do=theme]").firstChild.textContent = isDark() ? "Light" : "Dark";
}

startTheme(nameTheme);
labelButtons(document.querySelectorAll("[data-do]"));
const page = new Page();

// Keys belong to a field while it has the focus: it is left by Escape, or when something was picked with a pointer.
let isByPointer = false;
document.addEventListener("pointerdown", () => {
  isByPointer = true;
});
document.addEventListener("change", (event) => {
  if (isByPointer && event.target.matches("select")) event.target.blur();
});
document.addEventListener("keydown", (event) => {
  isByPointer = false;
  if (event.key === "Escape" && event.target.matches("input, select")) event.target.blur();
  const name = isOpen() ? undefined : actionOf(event);
  if (!name) return;
  event.preventDefault();
  page.act(name);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]:not([type=submit])");
  if (button) page.act(button.dataset.do);
});
at("submit").addEventListener("submit", (event) => {
  event.preventDefault();
  page.act("submit");
});
at("filter").addEventListener("change", () => page.draw());
addEventListener("resize", () => page.draw());
setInterval(() => page.draw(), 1_000); // clocks go on while nothing happens

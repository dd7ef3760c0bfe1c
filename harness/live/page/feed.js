// The session as this browser knows it: the state, then changes to it. A browser that slept, or lost its connection,
// asks for what is new since the last event that it has; what it gets is the present, so nothing piles up.

const LOG_KEPT = 500;
const SILENT_MS = 30_000; // CPU lines change every second: half a minute without anything is a dead connection
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

export class Feed {
  /** `changed(what)` is called after each event; `what` is "state", "change", "connection" or "over". */
  constructor(token, changed) {
    this.token = token;
    this.changed = changed;
    this.session = {};
    this.systems = new Map();
    this.log = [];
    this.connection = "starting";
    this.lastId = "";
    this.heardAt = performance.now();
    this.retryMs = RETRY_MS;
    this.clockBase = 0;
    setInterval(() => this.#reviveIfSilent(), 5_000);
    document.addEventListener("visibilitychange", () => this.#reviveIfSilent());
    this.#open();
  }

  /** Seconds since the session began, also between two events. */
  get now() {
    return this.connection === "over" ? this.endedAt : this.clockBase + performance.now() / 1000;
  }

  #open() {
    const query = new URLSearchParams({ token: this.token });
    if (this.lastId) query.set("last", this.lastId);
    this.source = new EventSource(`/api/events?${query}`);
    this.source.onopen = () => this.#connected("open");
    this.source.onerror = () => this.#lost();
    this.source.addEventListener("state", (event) => this.#take(event, (state) => this.#whole(state)));
    this.source.addEventListener("change", (event) => this.#take(event, (change) => this.#merge(change)));
    this.source.addEventListener("end", () => this.#end());
  }

  #connected(state) {
    if (this.connection === state || this.connection === "over") return;
    this.connection = state;
    this.changed("connection");
  }

  #lost() {
    if (this.connection === "over") return;
    this.#connected("lost");
    // Not left to the browser, which comes back after a break, but never after a refusal.
    this.source.close();
    setTimeout(() => this.#open(), this.retryMs);
    this.retryMs = Math.min(2 * this.retryMs, LONGEST_RETRY_MS);
  }

  #reviveIfSilent() {
    const isSilent = performance.now() - this.heardAt > SILENT_MS;
    if (!isSilent || document.hidden || this.connection === "over") return;
    this.heardAt = performance.now();
    this.source.close();
    this.#open();
  }

  #take(event, put) {
    this.lastId = event.lastEventId;
    this.heardAt = performance.now();
    this.retryMs = RETRY_MS;
    this.#connected("open");
    put(JSON.parse(event.data));
  }

  #end() {
    this.endedAt = this.now;
    this.source.close();
    this.#connected("over");
    this.changed("over");
  }

  #whole(state) {
    this.session = state.session;
    this.#setClock(state.session.now_s);
    this.log = state.log.slice(-LOG_KEPT);
    this.systems = new Map(state.systems.map((system) => [system.label, { ...system, tickets: byNumber(system.tickets), listed: 0 }]));
    this.changed("state");
  }

  #merge(change) {
    this.#setClock(change.now_s);
    if (change.session) this.session = { ...this.session, ...change.session };
    if (change.log) this.log = this.log.concat(change.log).slice(-LOG_KEPT);
    for (const [label, parts] of Object.entries(change.systems ?? {})) {
      const system = this.systems.get(label);
      if (system) mergeSystem(system, parts);
    }
    this.changed("change", change);
  }

  #setClock(now) {
    if (now !== undefined) this.clockBase = now - performance.now() / 1000;
  }
}

function byNumber(rows) {
  return new Map(rows.map((row) => [row.number, row]));
}

/** `listed` counts how often tickets came or went: as long as it stays, so does the order of the rows. */
function mergeSystem(system, { tickets = [], gone = [], ...parts }) {
  const comeOrGone = gone.length + tickets.filter((row) => !system.tickets.has(row.number)).length;
  system.listed += comeOrGone;
  for (const row of tickets) system.tickets.set(row.number, row);
  for (const number of gone) system.tickets.delete(number);
  Object.assign(system, parts);
}

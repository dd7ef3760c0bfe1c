// Everything that can be done, once: its key, its words, and the request that does it. Buttons and help follow from it.

/** Sends orders to the session; each comes back as a sentence. */
export class Desk {
  constructor(token) {
    this.token = token;
  }

  async ask(path, body) {
    const headers = { Authorization: `Bearer ${this.token}` };
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) }).catch(() => {
      throw new Error("the session does not answer");
    });
    const content = await answer.json();
    if (!answer.ok) throw new Error(content.error ?? `the session answered ${answer.status}`);
    return content;
  }
}

const ofTicket = (verb) => (page) => page.post(`/api/tickets/${page.ticket()}/${verb}`);
const ofAll = (verb) => (page) => page.post(`/api/tickets/all/${verb}`);
const fault = (order) => (page) => page.post("/api/faults", order(page));
const lasting = (page) => (page.duration() ? { duration: page.duration() } : {});
const struck = (page, kind) => (page.worker() === null ? { fault: kind, ticket: page.ticket() } : { fault: kind, worker: page.worker() });

const kill = (page) => ({ ...struck(page, "kill"), restart_after: page.restartAfter() });
const freeze = (page) => ({ ...struck(page, "freeze"), ...lasting(page) });
const fail = (error) => (page) => ({ fault: "fail", ticket: page.ticket(), error, ...(error === "hang" ? lasting(page) : {}) });
const outage = (kind, more = {}) => (page) => ({ fault: kind, ...lasting(page), ...more });

/** In the order in which help lists them. `needs`: only where a ticket is chosen (or, for "victim", a worker's tile). */
export const ACTIONS = {
  submit: { key: "n", group: "Tickets", words: "New ticket, as the form says", run: (page) => page.submit(page.form().priority) },
  submitHigh: { key: "1", group: "Tickets", words: "New ticket of high priority", run: (page) => page.submit("high") },
  submitMedium: { key: "2", group: "Tickets", words: "New ticket of medium priority", run: (page) => page.submit("medium") },
  submitLow: { key: "3", group: "Tickets", words: "New ticket of low priority", run: (page) => page.submit("low") },
  pauseAll: { key: "P", group: "Tickets", words: "Pause all", run: ofAll("pause") },
  resumeAll: { key: "R", group: "Tickets", words: "Resume all", run: ofAll("resume") },
  older: { key: "ArrowDown", shown: "↓", group: "The chosen ticket", words: "Choose the next older ticket", run: (page) => page.step(-1) },
  newer: { key: "ArrowUp", shown: "↑", group: "The chosen ticket", words: "Choose the next newer ticket", run: (page) => page.step(1) },
  pause: { key: "p", group: "The chosen ticket", words: "Pause", needs: "ticket", run: ofTicket("pause") },
  resume: { key: "r", group: "The chosen ticket", words: "Resume", needs: "ticket", run: ofTicket("resume") },
  state: { key: "s", group: "The chosen ticket", words: "Ask for state", needs: "ticket", run: (page) => page.showState() },
  kill: { key: "k", group: "The chosen ticket", words: "Kill its worker, or the worker whose tile has the focus", needs: "victim", run: fault(kill) },
  freeze: { key: "f", group: "The chosen ticket", words: "Freeze its worker, or the worker whose tile has the focus", needs: "victim", run: fault(freeze) },
  transient: { key: "t", group: "The chosen ticket", words: "Fail its next step once", needs: "ticket", run: fault(fail("transient")) },
  permanent: { key: "e", group: "The chosen ticket", words: "Fail its next step for good", needs: "ticket", run: fault(fail("permanent")) },
  hang: { key: "h", group: "The chosen ticket", words: "Let its next step hang", needs: "ticket", run: fault(fail("hang")) },
  silence: { key: "i", group: "The chosen ticket", words: "Silence its agent", needs: "ticket", run: fault((page) => ({ fault: "silence", ticket: page.ticket(), ...lasting(page) })) },
  send: { key: "d", group: "The chosen ticket", words: "Send it again", needs: "ticket", run: ofTicket("send") },
  note: { key: "o", group: "The chosen ticket", words: "Write a note against it", needs: "ticket", run: ofTicket("note") },
  tile: { key: "w", group: "Processes", words: "Go to the next process's tile", run: (page) => page.nextTile() },
  killAll: { key: "K", group: "Processes", words: "Kill all workers", run: fault((page) => ({ fault: "kill", worker: "all", restart_after: page.restartAfter() })) },
  freezeAll: { key: "F", group: "Processes", words: "Freeze all workers", run: fault((page) => ({ fault: "freeze", worker: "all", ...lasting(page) })) },
  start: { key: "b", group: "Processes", words: "Start the dead worker whose tile has the focus, or all", run: (page) => page.post("/api/workers/restart", { worker: page.worker() ?? "all" }) },
  startAll: { key: "B", group: "Processes", words: "Start all workers that are dead", run: (page) => page.post("/api/workers/restart", { worker: "all" }) },
  restartAfter: { key: "a", group: "Processes", words: "Choose when a killed worker is restarted", run: (page) => page.focus("restart-after") },
  engine: { key: "x", group: "Processes", words: "Kill the engine", run: fault(outage("engine")) },
  receiver: { key: "c", group: "Processes", words: "Take the receiver away", run: fault(outage("receiver")) },
  slow: { key: "v", group: "Processes", words: "Make the receiver slow", run: fault(outage("receiver", { delay: "1s" })) },
  store: { key: "m", group: "Processes", words: "Take the store away", run: fault(outage("store")) },
  scope: { key: "y", group: "The page", words: "Act on the next system alone, then on all again", run: (page) => page.nextScope() },
  form: { key: "N", group: "The page", words: "Go to the form for new tickets", run: (page) => page.focus("priority") },
  log: { key: "l", group: "The page", words: "Go to what happened", run: (page) => page.focus("log") },
  filter: { key: "j", group: "The page", words: "Choose which events are shown", run: (page) => page.focus("filter") },
  ui: { key: "u", group: "The page", words: "Open Temporal's own web UI", run: (page) => page.openUi() },
  save: { key: "g", group: "The page", words: "Save what was done as a scenario", run: (page) => page.save() },
  stop: { key: "Q", group: "The page", words: "Stop the session", run: (page) => page.stop() },
  theme: { key: "z", group: "The page", words: "Light or dark", run: (page) => page.switchTheme() },
  help: { key: "?", group: "The page", words: "This help", run: (page) => page.help() },
};

const BY_KEY = new Map(Object.entries(ACTIONS).map(([name, action]) => [action.key, name]));
const ARROWS = new Set(["ArrowUp", "ArrowDown"]);

/** Return the action that a key press means; nothing where it is typed into a field, or meant for the browser. */
export function actionOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
  if (event.target.closest("input:not([type=radio]), select, dialog")) return undefined;
  if (ARROWS.has(event.key) && event.target.closest("#log, [type=radio]")) return undefined;
  return BY_KEY.get(event.key);
}

/** Write each action's key onto its button. */
export function labelButtons(buttons) {
  for (const button of buttons) {
    const action = ACTIONS[button.dataset.do];
    const key = document.createElement("kbd");
    key.textContent = action.shown ?? action.key;
    key.setAttribute("aria-hidden", "true");
    button.append(" ", key);
    button.title = action.words;
    const isShifted = action.key.length === 1 && action.key !== action.key.toLowerCase();
    button.setAttribute("aria-keyshortcuts", isShifted ? `Shift+${action.key}` : action.key);
  }
}

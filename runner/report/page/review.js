// Review: decisions are kept in this browser until they are saved to a file; each is about the very video looked at.
const store = `s2v-decisions-${data.run.id}`;
let decisions = {};
function remember() {
  try { localStorage.setItem(store, JSON.stringify(decisions)); } catch { /* private windows keep nothing; the page does */ }
}
function recallDecisions() {
  try { decisions = JSON.parse(localStorage.getItem(store)) || {}; } catch { decisions = {}; }
  const waiting = new Map(items.filter((item) => item.state === "review").map((item) => [item.id, item.sha256]));
  for (const id of Object.keys(decisions)) if (!waiting.has(id) || decisions[id]?.sha256 !== waiting.get(id)) delete decisions[id];
}
function choice(item) {
  const node = make("p", "choice");
  for (const what of ["keep", "reject"]) {
    const button = make("button", "", what);
    button.type = "button";
    button.dataset.decide = what;
    button.tabIndex = -1;
    button.setAttribute("aria-pressed", String(decisions[item.id]?.decision === what));
    node.append(button);
  }
  return node;
}
function decide(item, what) {
  if (!item || item.state !== "review") return;
  if (decisions[item.id]?.decision === what) delete decisions[item.id];
  else decisions[item.id] = { decision: what, sha256: item.sha256 };
  remember();
  for (const card of cards.values()) if (shown[Number(card.dataset.at)] === item) press(card, item);
  if (closer.open) press(closer, item);
  drawVerdicts();
}
function press(node, item) {
  for (const button of node.querySelectorAll("[data-decide]")) button.setAttribute("aria-pressed", String(decisions[item.id]?.decision === button.dataset.decide));
}
function drawVerdicts() {
  const made = Object.values(decisions).map((each) => each.decision), waiting = items.filter((item) => item.state === "review").length;
  $("verdicts").hidden = waiting === 0;
  $("verdicts-words").textContent = `${made.length} of ${counted(waiting, "video")} decided: ` +
    `${made.filter((what) => what === "keep").length} to keep, ${made.filter((what) => what === "reject").length} to reject`;
  $("save").disabled = made.length === 0;
  $("apply").textContent = `${data.decide} --apply s2v-decisions.json`;
}
function save() {
  const sorted = Object.fromEntries(Object.entries(decisions).sort(([a], [b]) => (a < b ? -1 : 1)));
  const file = new Blob([`${JSON.stringify({ version: 1, run: data.run.id, decisions: sorted }, null, 2)}\n`], { type: "application/json" });
  const link = make("a");
  link.href = URL.createObjectURL(file);
  link.download = "s2v-decisions.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

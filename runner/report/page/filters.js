// Filters and order; the choice stands in the address, so that it can be shared.
const SORTS = {
  plan: ["the plan's order", (a, b) => a.place - b.place],
  trouble: ["trouble first", (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || a.place - b.place],
  score: ["face distance, worst first", (a, b) => (b.distance ?? -1) - (a.distance ?? -1) || a.place - b.place],
  price: ["price, dearest first", (a, b) => b.micros - a.micros || a.place - b.place],
  took: ["time to make, longest first", (a, b) => (b.took ?? -1) - (a.took ?? -1) || a.place - b.place],
  newest: ["newest first", (a, b) => (b.ended ?? -1) - (a.ended ?? -1) || a.place - b.place],
  size: ["size, largest first", (a, b) => (b.bytes ?? -1) - (a.bytes ?? -1) || a.place - b.place],
};
const CHOICES = ["state", "tag", "provider", "check", "code", "sort"];
let shown = items;
function fill(select, values, words) {
  for (const [i, value] of values.entries()) {
    const option = make("option", "", words[i]);
    option.value = value;
    select.append(option);
  }
}
function fillFilters() {
  const of = (get) => [...new Set(items.flatMap(get))].filter(Boolean).sort();
  const states = STATES.filter((state) => data.summary.states[state]);
  fill($("state"), ["", ...states], ["all", ...states.map((state) => WORDS[state])]);
  for (const [id, get] of [["tag", (i) => i.tags], ["provider", (i) => [i.provider]], ["code", (i) => [i.code]], ["check", (i) => i.findings]]) {
    const values = of(get);
    fill($(id), ["", ...values], ["all", ...values]);
    $(id).parentElement.hidden = values.length === 0;
  }
  fill($("sort"), Object.keys(SORTS), Object.values(SORTS).map((sort) => sort[0]));
}
function choose(changes) {
  for (const [id, value] of Object.entries(changes)) $(id).value = value;
  apply();
}
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const id of [...CHOICES, "search"]) {
    const value = asked.get(id);
    if (value === null) continue;
    if (id === "search" || [...$(id).options].some((option) => option.value === value)) $(id).value = value;
  }
}
function writeAddress() {
  const asked = new URLSearchParams();
  for (const id of [...CHOICES, "search"]) if ($(id).value && !(id === "sort" && $(id).value === "plan")) asked.set(id, $(id).value);
  const hash = asked.toString();
  try { history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search); } catch { /* a sandboxed viewer keeps its address */ }
}
function apply() {
  const want = Object.fromEntries(CHOICES.map((id) => [id, $(id).value])), words = folded($("search").value).split(/\s+/).filter(Boolean);
  shown = items.filter((item) =>
    (!want.state || item.state === want.state) && (!want.tag || item.tags.includes(want.tag)) &&
    (!want.provider || item.provider === want.provider) && (!want.code || item.code === want.code) &&
    (!want.check || item.findings.includes(want.check)) && words.every((word) => item.text.includes(word)));
  cardHeight = shown.some((item) => item.reason || item.state === "review") ? CARD_HEIGHT : PLAIN_HEIGHT;
  grid.style.setProperty("--card-height", `${cardHeight}px`);
  shown.sort((SORTS[want.sort] || SORTS.plan)[1]);
  for (const each of document.querySelectorAll(".tile[data-state]")) each.setAttribute("aria-pressed", String(each.dataset.state === want.state));
  $("count").textContent = `${shown.length.toLocaleString("en")} of ${counted(items.length, "video")}` +
    (data.summary.items > items.length ? `; this page lists ${items.length.toLocaleString("en")} of ${data.summary.items.toLocaleString("en")} that are not done, results.jsonl has all` : "");
  writeAddress();
  focused = Math.max(0, Math.min(focused, shown.length - 1));
  for (const card of cards.values()) retire(card);
  cards.clear();
  lay();
}

// The data of the page, and the words for it. Text only ever becomes text (textContent), and nothing is fetched.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const CARD_WIDTH = 330, CARD_HEIGHT = 320, PLAIN_HEIGHT = 258, GAP = 12, AROUND = 3, SETTLE_MS = 90, PRINTED = 200;
const STATES = ["failed", "in_doubt", "review", "open", "skipped", "done"];
const WORDS = { failed: "failed", in_doubt: "in doubt", review: "to review", open: "open", skipped: "no longer wanted", done: "done" };

const items = data.items.map((values, place) => {
  const item = { place };
  data.fields.forEach((name, i) => { item[name] = values[i]; });
  item.text = [item.id, item.prompt, item.reason, item.job_id, item.code, item.tags.join(" "), JSON.stringify(item.metadata)]
    .filter(Boolean).map(folded).join("\n");
  item.took = item.finished !== null && item.accepted !== null ? item.finished - item.accepted : null;
  return item;
});

function folded(text) {  // as it is searched: without case, accents, and the points of Hebrew and Arabic; elsewhere a mark makes another letter
  return text.normalize("NFKD").replace(/[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]/g, "").normalize("NFC").toLowerCase();
}
function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}
const path = (relative) => relative.split("/").map(encodeURIComponent).join("/");
const money = (purse) => purse.map((each) => `${each.amount} ${each.currency}`).join(" + ");
const clock = (at) => (at === null ? null : new Date(at * 1000).toLocaleString());
const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
function lasting(s) {
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return `${(s / 3600).toFixed(1)} h`;
}

// The videos: only the cards near the window exist; what they play is loaded when scrolling has settled.
const grid = $("grid"), cards = new Map(), spare = [];
let focused = 0, columns = 1, cardWidth = CARD_WIDTH, cardHeight = CARD_HEIGHT, settling = 0, printing = false;
function measure() {
  const width = grid.clientWidth;
  columns = Math.max(1, Math.floor((width + GAP) / (CARD_WIDTH + GAP)));
  cardWidth = Math.floor((width - GAP * (columns - 1)) / columns);
}
function lay() {
  measure();
  const step = cardHeight + GAP, lines = Math.ceil(shown.length / columns);
  grid.style.height = `${Math.max(0, lines * step - GAP)}px`;
  const top = -grid.getBoundingClientRect().top;
  let from = Math.max(0, Math.floor(top / step) - AROUND) * columns;
  let to = Math.min(shown.length, (Math.ceil((top + innerHeight) / step) + AROUND) * columns);
  if (printing) [from, to] = [0, Math.min(shown.length, PRINTED)];
  for (const [at, card] of cards) if (at < from || at >= to) { retire(card); cards.delete(at); }
  for (let at = from; at < to; at += 1) {
    if (!cards.has(at)) cards.set(at, fit(at));
    const style = cards.get(at).style;
    style.width = `${cardWidth}px`;
    style.transform = `translate(${(at % columns) * (cardWidth + GAP)}px, ${Math.floor(at / columns) * step}px)`;
  }
  clearTimeout(settling);
  settling = setTimeout(load, SETTLE_MS);
}
function retire(card) {
  const video = card.querySelector("video");
  if (video) { video.pause(); video.removeAttribute("src"); video.load(); }
  card.remove();
  card.replaceChildren();
  spare.push(card);
}
function fit(at) {
  const item = shown[at], card = spare.pop() || make("article", "card");
  card.className = "card";
  card.setAttribute("role", "listitem");
  card.setAttribute("aria-setsize", shown.length);
  card.setAttribute("aria-posinset", at + 1);
  card.setAttribute("aria-label", `${item.id}, ${WORDS[item.state]}`);
  card.tabIndex = at === focused ? 0 : -1;
  card.dataset.at = at;
  const heading = make("h3");
  heading.append(make("span", `badge s-${item.state}`, WORDS[item.state]), " ", item.id);
  heading.title = item.id;
  card.append(pair(item), heading, make("p", "prompt", item.prompt ?? "(no prompt)"), make("p", "line", line(item)));
  if (item.state === "review") card.append(choice(item));
  if (item.reason) card.append(make("p", "why", item.code ? `${item.code}: ${item.reason}` : item.reason));
  grid.append(card);
  return card;
}
function line(item) {
  const told = [item.provider, item.cost.length ? money(item.cost) : null, item.seconds === null ? null : `${item.seconds.toFixed(1)} s`,
    item.distance === null ? null : `face distance ${item.distance.toFixed(2)}`, item.took === null ? null : `made in ${lasting(item.took)}`, ...item.tags];
  return told.filter(Boolean).join(" · ");
}
function pair(item) {
  const node = make("div", "pair"), portrait = make("img");
  portrait.alt = `portrait ${item.portrait}`;
  portrait.decoding = "async";
  portrait.dataset.src = `thumbs/${item.thumb}.jpg`;
  portrait.addEventListener("error", () => portrait.replaceWith(make("div", "blank", item.portrait)), { once: true });
  node.append(portrait);
  if (item.video === null) { node.append(make("div", "blank", WORDS[item.state])); return node; }
  const video = make("video");
  video.muted = video.loop = video.playsInline = true;
  video.preload = "metadata";
  video.dataset.src = `${path(item.video)}#t=0.04`;
  video.setAttribute("aria-label", `video ${item.id}`);
  video.addEventListener("error", () => video.replaceWith(make("div", "blank", "the video is not in the folder")), { once: true });
  node.append(video);
  return node;
}
function load() {
  for (const node of grid.querySelectorAll("[data-src]")) { node.src = node.dataset.src; node.removeAttribute("data-src"); }
}
function play(card, on) {
  const video = card && card.querySelector("video");
  if (!video) return;
  if (video.dataset.src) { video.src = video.dataset.src; video.removeAttribute("data-src"); }
  if (on) video.play().catch(() => {}); else video.pause();  // a play that is cut short by a pause is no fault
}
function go(to) {
  if (!shown.length) return;
  const before = cards.get(focused);
  if (before) before.tabIndex = -1;
  focused = Math.max(0, Math.min(shown.length - 1, to));
  const step = cardHeight + GAP, top = grid.getBoundingClientRect().top + Math.floor(focused / columns) * step;
  const sticks = getComputedStyle($("filters")).position === "sticky", head = (sticks ? $("filters").offsetHeight : 0) + 8;
  const foot = innerHeight - $("verdicts").offsetHeight;  // 0 where nothing is to be decided
  if (top < head) scrollBy(0, top - head);
  else if (top + cardHeight > foot) scrollBy(0, top + cardHeight - foot + 8);
  lay();
  const card = cards.get(focused);
  if (card) { card.tabIndex = 0; card.focus({ preventScroll: true }); }
}

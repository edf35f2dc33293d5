// Hands: mouse and keys.
const at = (event) => { const card = event.target.closest && event.target.closest(".card"); return card ? Number(card.dataset.at) : null; };
grid.addEventListener("mouseover", (event) => { const card = event.target.closest(".card"); if (card && !card.contains(event.relatedTarget)) play(card, true); });
grid.addEventListener("mouseout", (event) => { const card = event.target.closest(".card"); if (card && !card.contains(event.relatedTarget)) play(card, false); });
document.addEventListener("click", (event) => {
  const what = event.target.dataset && event.target.dataset.decide;
  if (what) decide(shown[closer.open ? focused : at(event)], what);
  else if (at(event) !== null) open(at(event));
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) { if (event.key === "Escape") event.target.blur(); return; }
  if ($("help").open) return;
  const card = at(event), isButton = event.target.tagName === "BUTTON", moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  if (event.key === "k" || event.key === "r") decide(shown[closer.open ? focused : card], event.key === "k" ? "keep" : "reject");
  else if (closer.open) {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft" || event.target.tagName === "VIDEO") return;
    open(Math.max(0, Math.min(shown.length - 1, focused + moves[event.key])));
  } else if (event.key === "/") $("search").focus();
  else if (event.key === "?") $("help").showModal();
  else if (card === null || isButton) return;
  else if (event.key in moves) go(card + moves[event.key]);
  else if (event.key === "Home") go(0);
  else if (event.key === "End") go(shown.length - 1);
  else if (event.key === "Enter") open(card);
  else if (event.key === " ") { const video = cards.get(card).querySelector("video"); play(cards.get(card), video && video.paused); }
  else return;
  event.preventDefault();
});
grid.addEventListener("focusin", (event) => { const to = at(event); if (to !== null && to !== focused) { const before = cards.get(focused); if (before) before.tabIndex = -1; focused = to; cards.get(to).tabIndex = 0; } });
$("keys").addEventListener("click", () => $("help").showModal());
$("save").addEventListener("click", save);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("input", apply);
$("filters").addEventListener("reset", () => setTimeout(apply));
addEventListener("scroll", lay, { passive: true });
addEventListener("resize", lay);
addEventListener("hashchange", () => { readAddress(); apply(); });
addEventListener("beforeprint", () => { printing = true; lay(); load(); });
addEventListener("afterprint", () => { printing = false; lay(); });

drawNumbers();
drawTrouble();
$("when").hidden = ![drawFlow(), drawLatency(), drawPolls(), drawForecast()].some(Boolean);
fillFilters();
recallDecisions();
drawVerdicts();
readAddress();
apply();

// Charts: a step line of what was in flight, and histograms of how long jobs took and how often they were asked after.
const SVG = "http://www.w3.org/2000/svg";
function draw(parent, tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}
const W = 600, H = 130;
function drawFlow() {
  const steps = [];
  for (const item of items) {
    if (item.accepted === null) continue;
    const end = item.finished ?? item.ended;
    steps.push([item.accepted, 1]);
    if (end !== null) steps.push([end, -1]);
  }
  if (!steps.length) return false;
  steps.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const first = steps[0][0], span = Math.max(1, steps[steps.length - 1][0] - first);
  const columns = new Float64Array(W + 1);
  let level = 0, most = 0, at = 0;
  for (const [when, step] of steps) {
    const x = Math.min(W, Math.floor(((when - first) / span) * W));
    for (; at < x; at += 1) columns[at] = Math.max(columns[at], level);
    level += step;
    most = Math.max(most, level);
    columns[x] = Math.max(columns[x], level);
  }
  const limit = data.limits.in_flight, top = Math.max(most, limit || 0);
  const y = (n) => H - (n / top) * (H - 14);
  const line = Array.from(columns, (n, x) => `${x},${y(n).toFixed(1)}`).join(" ");
  const svg = $("flow");
  svg.setAttribute("viewBox", `0 0 ${W} ${H + 2}`);
  svg.setAttribute("preserveAspectRatio", "none");
  draw(svg, "polygon", { class: "area", points: `0,${H} ${line} ${W},${H}` });
  draw(svg, "polyline", { class: "edge", points: line, "vector-effect": "non-scaling-stroke" });
  draw(svg, "line", { class: "axis", x1: 0, x2: W, y1: H, y2: H });
  if (limit) draw(svg, "line", { class: "limit", x1: 0, x2: W, y1: y(limit), y2: y(limit) });
  $("flow-words").textContent = `Jobs at the provider over ${lasting(span)}: at most ${most} at one time` +
    (limit ? `, the limit is ${limit}` : "") + (data.limits.rates.length ? `; rate ${data.limits.rates.join(", ")}` : "");
  return true;
}
function drawLatency() {
  const took = items.map((item) => item.took).filter((s) => s !== null && s >= 0).sort((a, b) => a - b);
  if (!took.length) return false;
  const quantile = (q) => took[Math.min(took.length - 1, Math.floor(q * took.length))];
  const low = took[0], high = Math.max(took[took.length - 1], low + 1), bars = new Array(40).fill(0);
  for (const s of took) bars[Math.min(39, Math.floor(((s - low) / (high - low)) * 40))] += 1;
  const most = Math.max(...bars), svg = $("latency");
  svg.setAttribute("viewBox", `0 0 ${W} ${H + 2}`);
  svg.setAttribute("preserveAspectRatio", "none");
  bars.forEach((n, i) => { if (n) draw(svg, "rect", { class: "bar", x: i * 15 + 1, width: 13, y: H - (n / most) * (H - 14), height: (n / most) * (H - 14) }); });
  draw(svg, "line", { class: "axis", x1: 0, x2: W, y1: H, y2: H });
  $("latency-words").textContent = `From job taken to video made: half within ${lasting(quantile(0.5))}, 9 in 10 within ` +
    `${lasting(quantile(0.9))}, from ${lasting(low)} to ${lasting(took[took.length - 1])}`;
  return true;
}
function drawPolls() {
  const polls = items.map((item) => item.polls).filter((n) => n !== null).sort((a, b) => a - b);
  $("polls").parentElement.hidden = !polls.length;
  if (!polls.length) return false;
  const low = polls[0], high = polls[polls.length - 1], wide = Math.max(1, Math.ceil((high - low + 1) / 40));
  const bars = new Array(Math.ceil((high - low + 1) / wide)).fill(0);
  for (const n of polls) bars[Math.floor((n - low) / wide)] += 1;
  const most = Math.max(...bars), svg = $("polls"), width = Math.min(60, W / bars.length);
  svg.setAttribute("viewBox", `0 0 ${W} ${H + 2}`);
  svg.setAttribute("preserveAspectRatio", "none");
  bars.forEach((n, i) => { if (n) draw(svg, "rect", { class: "bar", x: i * width + 1, width: width - 2, y: H - (n / most) * (H - 14), height: (n / most) * (H - 14) }); });
  draw(svg, "line", { class: "axis", x1: 0, x2: W, y1: H, y2: H });
  const quantile = (q) => polls[Math.min(polls.length - 1, Math.floor(q * polls.length))];
  const unknown = items.filter((item) => item.finished !== null && item.polls === null).length;
  $("polls-words").textContent = `Questions for each job until it was made: half up to ${quantile(0.5)}, 9 in 10 up to ${quantile(0.9)}, ` +
    `from ${low} to ${high}, ${polls.reduce((sum, n) => sum + n, 0).toLocaleString("en")} in all` +
    (unknown ? `; not known of ${counted(unknown, "job")} that several runs asked after` : "");
  return true;
}
function drawForecast() {
  if (data.forecast) $("when").append(make("p", "quiet", `Forecast when it began: ${data.forecast}`));
  return Boolean(data.forecast);
}

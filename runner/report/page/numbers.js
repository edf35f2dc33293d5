// The numbers, what to do next, what went wrong.
function command(text) {
  const button = make("button", "copy", "copy");
  button.type = "button";
  button.addEventListener("click", () => copy(text, button));
  return [make("code", "", text), button];
}
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    button.textContent = "selected: press Ctrl-C";
  }
  setTimeout(() => { button.textContent = "copy"; }, 2000);
}
function tile(number, words, state) {
  const node = make(state ? "button" : "div", `tile${state ? ` s-${state}` : ""}`);
  node.append(make("b", "", number), make("span", "", words));
  if (state) {
    node.type = "button";
    node.dataset.state = state;
    node.setAttribute("aria-pressed", "false");
    node.addEventListener("click", () => choose({ state: $("state").value === state ? "" : state }));
  }
  return node;
}
function drawNumbers() {
  const sum = data.summary;
  $("source").textContent = `${data.run.manifest}, at ${data.run.providers.join(", then ")}` +
    (data.span[0] === null ? "" : `; ${clock(data.span[0])} to ${clock(data.span[1])}`);
  $("headline").textContent = data.headline;
  for (const state of STATES) if (sum.states[state]) $("tiles").append(tile(sum.states[state].toLocaleString("en"), WORDS[state], state));
  $("tiles").append(tile(money(sum.spent) || (sum.unpriced ? "not known" : "nothing"), `spent on ${counted(sum.bought, "job")}`));
  if (sum.unpriced) $("tiles").append(tile(sum.unpriced.toLocaleString("en"), "bought at a price not known"));
  if (sum.reserved.length) $("tiles").append(tile(money(sum.reserved), `held for requests ${data.held}`));
  $("tiles").append(tile(`${sum.kept} of ${sum.bought}`, "bought videos kept"));
  if (sum.flagged) $("tiles").append(tile(sum.flagged.toLocaleString("en"), "kept although a check found something"));
  if (sum.seconds) $("tiles").append(tile(lasting(sum.seconds), `of film, ${sum.size}`));
  for (const step of data.advice) {
    const line = make("li");
    line.append(make("span", "", step.why), ...command(step.command));
    $("advice").append(line);
  }
  $("origin").textContent = `run ${data.run.id}, manifest ${data.run.manifest_digest.slice(0, 12)}, plan ` +
    `${data.run.plan_digest.slice(0, 12)}, s2v ${data.run.runner_version}`;
}
function drawTrouble() {
  $("trouble").hidden = data.groups.length === 0;
  for (const group of data.groups) {
    const row = make("tr"), number = make("td", "number"), show = make("button", "", group.count.toLocaleString("en"));
    show.type = "button";
    show.title = "show these";
    show.addEventListener("click", () => { choose({ state: group.state, code: group.code || "", search: group.code ? "" : group.reason }); $("videos").focus(); });
    number.append(show);
    const cell = make("td");
    if (group.command) cell.append(...command(group.command));
    row.append(number, make("td", `badge s-${group.state}`, WORDS[group.state]), make("td", "", group.code || ""), make("td", "words", group.reason), cell);
    $("groups").append(row);
  }
  if (data.summary.ungrouped) $("ungrouped").textContent = `${counted(data.summary.ungrouped, "more video")} with faults too rare to be told apart`;
}

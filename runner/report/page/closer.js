// A closer look at one video.
const closer = $("closer");
function open(at) {
  if (!shown[at]) return;
  go(at);
  const item = shown[at], portrait = $("closer-portrait"), video = $("closer-video");
  $("closer-name").replaceChildren(make("span", `badge s-${item.state}`, WORDS[item.state]), " ", item.id);
  portrait.alt = `portrait ${item.portrait}`;
  portrait.hidden = false;
  portrait.onerror = () => { portrait.hidden = true; };
  portrait.src = `thumbs/${item.thumb}.jpg`;
  video.hidden = item.video === null;
  if (item.video === null) video.removeAttribute("src"); else video.src = path(item.video);
  $("closer-choice").hidden = item.state !== "review";
  press(closer, item);
  const facts = [["prompt", item.prompt], ["what happened", item.reason && (item.code ? `${item.code}: ${item.reason}` : item.reason)], ["findings", item.findings.join(", ")],
    ["portrait", item.portrait], ["provider", item.provider], ["job", item.job_id], ["cost", item.cost.length ? money(item.cost) : null], ["attempts", item.attempts],
    ["face distance", item.distance], ["length", item.seconds === null ? null : `${item.seconds.toFixed(2)} s, ${item.picture}`], ["file", item.video], ["sha256", item.sha256], ["taken", clock(item.accepted)],
    ["made", clock(item.finished)], ["ended", clock(item.ended)], ["tags", item.tags.join(" ")],
    ...Object.entries(item.metadata)];
  const list = $("closer-facts");
  list.replaceChildren();
  for (const [name, value] of facts) if (value !== null && value !== "" && value !== undefined) list.append(make("dt", "", name), make("dd", "", String(value)));
  if (!closer.open) closer.showModal();
  if (item.video !== null) video.play().catch(() => {});
}
closer.addEventListener("close", () => { $("closer-video").pause(); $("closer-video").removeAttribute("src"); go(focused); });

// What a script adds to the operator's page, which works without one: dropping files, sending them
// one by one, and following the job. Nothing here writes markup: lists come from the server, whole.

const words = document.getElementById("operator-words").dataset;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

// The job, as `GET /v1/index` tells it.

const panel = document.getElementById("job");
const line = panel.querySelector("[data-line]");
const bar = panel.querySelector("progress");
const announce = panel.querySelector("[data-announce]");
let snapshot = panel.dataset.snapshot;
let busy = panel.dataset.busy === "yes";
let began = { stage: "", at: 0, done: 0 };

const stageText = ({ stage, done, total }) => {
  const known = words[`stage${(stage || "starting").split(" ")[0].replace(/^./, (c) => c.toUpperCase())}`];
  return fill(known ?? words.stageOther, { stage, done, total });
};
const timeLeft = ({ stage, done, total }) => {
  const now = performance.now();
  if (began.stage !== stage) began = { stage, at: now, done };
  const gone = (now - began.at) / 1000;
  if (gone < 3 || done <= began.done || !total) return "";
  const seconds = Math.ceil(((total - done) * gone) / (done - began.done));
  return seconds > 1 ? ` ${fill(words.left, { seconds })}` : "";
};
const jobText = (job) => {
  if (!job) return line.textContent;
  if (job.state === "waiting") return words.waiting;
  if (job.state === "running") return stageText(job) + timeLeft(job);
  if (job.state === "failed") return fill(words.failed, { why: job.error });
  if (!job.report?.snapshot) return words.unchanged;
  return fill(words.done, { ...job.report, seconds: job.report.seconds.toFixed(1) });
};

// The lists are the server's to make: its page is fetched as a document, and its parts put in. What
// is to be told once is not for this fetch, which shows nothing of it.
const freshen = () =>
  new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.setRequestHeader("x-requested-with", "XMLHttpRequest");
    request.onload = () => {
      const page = request.response;
      if (!page?.getElementById("job")) location.reload();
      for (const part of document.querySelectorAll("[data-fresh]")) {
        const fresh = page?.getElementById(part.id);
        if (fresh && !part.contains(document.activeElement)) part.replaceWith(document.adoptNode(fresh));
      }
      done();
    };
    request.onerror = done;
    request.send();
  });

const look = async () => {
  const answer = await fetch("/v1/index", { cache: "no-store" });
  if (!answer.ok) return;
  const status = await answer.json();
  const job = status.next_job && status.job?.state !== "running" ? status.next_job : status.job;
  const now = Boolean(status.next_job) || ["waiting", "running"].includes(job?.state);
  line.textContent = jobText(job);
  panel.classList.toggle("job-failed", job?.state === "failed");
  bar.hidden = !now;
  if (job?.total) [bar.max, bar.value] = [job.total, job.done];
  else bar.removeAttribute("value");
  if (now !== busy) announce.textContent = line.textContent;
  if ((busy && !now) || status.snapshot !== snapshot) await freshen();
  [busy, snapshot] = [now, status.snapshot];
};

let timer = 0;
const follow = async () => {
  clearTimeout(timer);
  if (!document.hidden) {
    try {
      await look();
    } catch {
      // The service is being started again, perhaps: the next look will tell.
    }
  }
  timer = setTimeout(follow, busy ? 500 : 5000);
};
document.addEventListener("visibilitychange", follow);
follow();

// Adding files, one request each, so that each has its own progress and its own fault.

const form = document.querySelector("form[data-drop]");
const list = document.getElementById("uploads");
const send = (file, told) =>
  new Promise((done) => {
    const data = new FormData();
    data.append("folder", form.elements.folder.value);
    data.append("files", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => {
      told(fill(words.sending, { percent: Math.floor((100 * loaded) / (total || 1)) }));
    };
    request.onload = () => done(request);
    request.onerror = () => done(null);
    request.send(data);
  });
const outcome = (request) => {
  if (!request) return words.lost;
  let said = {};
  try {
    said = JSON.parse(request.responseText);
  } catch {
    return words.lost;
  }
  return request.status < 300 ? (said.files[0]?.problem ?? "") : said.detail;
};
const queue = [];
let sending = false;
const sendAll = async () => {
  if (sending) return;
  sending = true;
  while (queue.length) {
    const { file, state } = queue.shift();
    const told = (text) => (state.textContent = text);
    let request = await send(file, told);
    while (request?.status === 429) {
      const seconds = Number(request.getResponseHeader("retry-after")) || 5;
      told(fill(words.slower, { seconds }));
      await pause(seconds);
      request = await send(file, told);
    }
    const fault = outcome(request);
    told(fault || words.stored);
    state.classList.toggle("is-fault", Boolean(fault));
    busy = true;
    follow();
  }
  sending = false;
};
const add = (files) => {
  for (const file of files) {
    const row = document.createElement("li");
    const name = document.createElement("bdi");
    const state = document.createElement("span");
    state.className = "state";
    state.setAttribute("role", "status");
    name.textContent = file.name;
    state.textContent = words.queued;
    row.append(name, state);
    list.append(row);
    queue.push({ file, state });
  }
  list.hidden = list.children.length === 0;
  sendAll();
};

for (const hint of form.querySelectorAll("[data-scripted]")) hint.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  add(form.elements.files.files);
  form.elements.files.value = "";
});
let inside = 0;
const over = (step) => {
  inside = step ? Math.max(0, inside + step) : 0;
  form.classList.toggle("is-over", inside > 0);
};
form.addEventListener("dragenter", (event) => {
  event.preventDefault();
  over(1);
});
form.addEventListener("dragleave", () => over(-1));
form.addEventListener("dragover", (event) => event.preventDefault());
form.addEventListener("drop", (event) => {
  event.preventDefault();
  over(0);
  add(event.dataTransfer.files);
});

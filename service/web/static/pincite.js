// What a script adds to pages that work without one: suggestions while typing, the check of a
// quote without leaving the page, copying, and marks for addresses that end in #pSTART-END.
// Nothing here writes markup: every text becomes a text node.

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

// Suggestions: the combobox pattern of the ARIA Authoring Practices, list autocomplete, manual
// selection: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
for (const form of document.querySelectorAll("form[data-suggest]")) {
  const input = form.elements.q;
  const list = form.querySelector("ul");
  const status = form.querySelector("[data-announce]");
  let typed = input.value;
  let active = -1;
  let timer = 0;
  let request = null;

  list.setAttribute("role", "listbox");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);

  const options = () => [...list.children];
  const close = () => {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    list.replaceChildren();
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    status.textContent = "";
  };
  const point = (at) => {
    active = at;
    options().forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    const option = options()[at];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
    input.value = option ? option.textContent : typed;
  };
  const show = (suggestions) => {
    list.replaceChildren(
      ...suggestions.map((suggestion, place) => {
        const option = element("li", { id: `${list.id}-${place}`, dir: "auto" }, suggestion.text);
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        return option;
      }),
    );
    active = -1;
    list.hidden = suggestions.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
    const words = suggestions.length === 1 ? form.dataset.one : form.dataset.other;
    status.textContent = suggestions.length ? words.replace("#", suggestions.length) : "";
  };
  const ask = async () => {
    request?.abort();
    request = new AbortController();
    try {
      // In the body, as the question itself: an address is kept by whoever stands between.
      const answer = await fetch(form.dataset.suggest, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ q: typed }),
        signal: request.signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = (await answer.json()).suggestions.filter(({ text }) => text !== typed);
      if (document.activeElement === input) show(found.slice(0, 8));
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };

  input.addEventListener("input", () => {
    typed = input.value;
    clearTimeout(timer);
    if (typed.trim().length < 2 || typed.length > 200) close();
    else timer = setTimeout(ask, 120);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = options().length;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      // One place more than there are options: the words as they were typed.
      const step = event.key === "ArrowDown" ? 1 : count;
      point(((active + 1 + step) % (count + 1)) - 1);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      input.value = typed;
      close();
    } else if (event.key === "Tab" || event.key === "Enter") {
      close();
    }
  });
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (!option) return;
    input.value = option.textContent;
    close();
    form.requestSubmit();
  });
}

// An answer comes by POST and may not be kept, so that going back to it, or reloading it, would meet
// "confirm form resubmission". The entry of the history becomes a GET of the question box that
// remembers the question, in this tab only, and the box asks it again. The fragment makes its
// address another than the box's own, or a link to that would count as reloading.
const asked = document.querySelector("h1[data-asked] bdi");
const box = document.querySelector("form.ask");
if (asked && !new URLSearchParams(location.search).has("q")) {
  // The link to this answer holds all that was asked: the question, and the filters.
  const link = document.getElementById("share-link");
  const fields = [...new URLSearchParams(link.search)].filter(([name]) => name !== "lang");
  history.replaceState({ asked: fields }, "", `${location.search}#answer`);
  // A link to a place on the page makes another entry, which would remember nothing.
  addEventListener("hashchange", () => history.state ?? history.replaceState({ asked: fields }, ""));
} else if (box && document.body.classList.contains("home") && history.state?.asked) {
  for (const [name, value] of history.state.asked) {
    if (name === "q") box.elements.q.value = value;
    else box.append(element("input", { type: "hidden", name, value }));
  }
  box.submit();
}

// The browser computes the hash of the words by itself, so that the proof is not only our word.
const sha256 = async (text) => {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

const words = document.getElementById("check-words")?.dataset;
for (const form of document.querySelectorAll("form[data-check]")) {
  const verdict = form.closest(".actions").querySelector(".verdict");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { article_id: article, start, end, text, sha256: given } = form.elements;
    verdict.className = "verdict";
    verdict.replaceChildren(words.working);
    try {
      const answer = await fetch(form.dataset.check, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          article_id: article.value,
          start: Number(start.value),
          end: Number(end.value),
          text: text.value,
          sha256: given.value,
        }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const { status, difference, start: from, end: until, hash_fits: fits } = await answer.json();
      const lines = [element("p", {}, words[fits ? status : "tampered"] ?? words.failed)];
      if (status === "moved") {
        const there = new URL(form.parentElement.querySelector("a").href);
        there.searchParams.set("start", from);
        there.searchParams.set("end", until);
        there.hash = `p${from}-${until}`;
        lines.push(element("p", {}, element("a", { href: there.href }, words.there)));
      }
      if (difference.length) {
        const tags = { both: "span", given: "del", article: "ins" };
        const runs = difference.map(({ where, text: run }) => element(tags[where], {}, run));
        lines.push(element("p", { className: "difference", dir: "auto" }, ...runs));
      }
      if (crypto.subtle) {
        const own = await sha256(text.value);
        const same = own === given.value;
        if (fits) lines.push(element("p", {}, same ? words.same : words.differs));
        lines.push(element("p", {}, element("code", {}, own)));
        if (!same) verdict.classList.add("is-failed");
      }
      verdict.classList.add(`is-${status}`);
      verdict.replaceChildren(...lines);
    } catch {
      verdict.classList.add("is-failed");
      verdict.replaceChildren(words.failed);
    }
  });
}

for (const link of document.querySelectorAll("a[data-absolute]")) link.textContent = link.href;

const copyWords = document.getElementById("copy-words")?.dataset;
for (const block of document.querySelectorAll("pre[data-copy], a[data-copy]")) {
  const button = element("button", { type: "button", className: "copy" }, copyWords.copy);
  // A citation is named by the words above it, the link to an answer by itself.
  const name = block.parentElement.querySelector(".cite-head p") ?? block;
  button.setAttribute("aria-describedby", name.id);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(block.textContent);
      button.textContent = copyWords.copied;
    } catch {
      // Over plain HTTP there is no clipboard to write to; what is selected can still be copied.
      getSelection().selectAllChildren(block);
      button.textContent = document.execCommand("copy") ? copyWords.copied : copyWords.failed;
    }
    setTimeout(() => (button.textContent = copyWords.copy), 3000);
  });
  name.after(button);
}

// Feedback without leaving the answer. What is sent is what the form would send.
for (const form of document.querySelectorAll("form[data-feedback]")) {
  const told = form.querySelector(".told");
  let sending = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return; // a double click says it once
    sending = true;
    const sent = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.action, { method: "POST", body: sent });
      if (!answer.ok) throw new Error(String(answer.status));
      form.querySelector("fieldset").remove();
      told.textContent = sent.has("question") ? form.dataset.doneQuestion : form.dataset.done;
      // The button that had the focus is gone: go on from where it stood.
      told.removeAttribute("role");
      told.tabIndex = -1;
      told.focus();
    } catch {
      sending = false;
      told.textContent = form.dataset.failed;
    }
  });
}

// On a wide screen the contents stand beside the article and take nothing from it.
const wide = matchMedia("(min-width: 60rem)");
for (const details of document.querySelectorAll("details[data-open-when-wide]")) {
  details.open = wide.matches;
  wide.addEventListener("change", () => (details.open = wide.matches));
}

// An address may carry only the fragment. The mark is the server's to make: ask for it.
const markFromFragment = () => {
  const place = /^#p(\d+)-(\d+)$/.exec(location.hash);
  if (!place || !document.querySelector("article[data-article]")) return;
  const query = new URLSearchParams(location.search);
  if (query.get("start") === place[1] && query.get("end") === place[2]) return;
  query.set("start", place[1]);
  query.set("end", place[2]);
  query.delete("sha256"); // of the words at the other place
  location.replace(`${location.pathname}?${query}${location.hash}`);
};
markFromFragment();
addEventListener("hashchange", markFromFragment);

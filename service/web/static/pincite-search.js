// <pincite-search>: a question box for the page of another site. It asks a Pincite service, and
// shows what that quotes, with links back to the proof. One module, no dependency, no build; the
// service puts its own words in where the next line says so.
//
//   <script type="module" src="https://pincite.example/static/pincite-search.js"></script>
//   <pincite-search></pincite-search>
//
// Attributes: server (default: where this script came from), lang, k, placeholder, heading-level.
// Nothing here writes markup: every text becomes a text node. The question goes to the service in
// the body of a request, without cookies and without the address of the page.

const PINCITE = {};

const STYLE = `
:host { display: block; color-scheme: inherit;
  --ink: var(--pincite-ink, #14201d); --ink-soft: var(--pincite-ink-soft, #475550);
  --paper: var(--pincite-paper, #fff); --rule: var(--pincite-rule, #d3ddd9); --edge: var(--pincite-edge, #64736d);
  --accent: var(--pincite-accent, #075e4d); --on-accent: var(--pincite-on-accent, #fff);
  --mark: var(--pincite-mark, #ffe680); --on-mark: var(--pincite-on-mark, #14201d); --mark-edge: var(--pincite-mark-edge, #8a6700);
  --alert: var(--pincite-alert, #a3161b); --alert-wash: var(--pincite-alert-wash, #fdeeed); --focus: var(--pincite-focus, #1a5fd0);
  --font: var(--pincite-font, system-ui, sans-serif); --quote-font: var(--pincite-quote-font, Charter, "Noto Serif", Cambria, Georgia, serif);
  --radius: var(--pincite-radius, 6px); }
@supports (color: light-dark(#000, #fff)) { :host {
  --ink: var(--pincite-ink, light-dark(#14201d, #e4ebe8)); --ink-soft: var(--pincite-ink-soft, light-dark(#475550, #a7b5af));
  --paper: var(--pincite-paper, light-dark(#fff, #17211e)); --rule: var(--pincite-rule, light-dark(#d3ddd9, #2c3a35)); --edge: var(--pincite-edge, light-dark(#64736d, #83938c));
  --accent: var(--pincite-accent, light-dark(#075e4d, #74d3b7)); --on-accent: var(--pincite-on-accent, light-dark(#fff, #08130f));
  --mark: var(--pincite-mark, light-dark(#ffe680, #66540a)); --on-mark: var(--pincite-on-mark, light-dark(#14201d, #fff8dc)); --mark-edge: var(--pincite-mark-edge, light-dark(#8a6700, #e0bd4a));
  --alert: var(--pincite-alert, light-dark(#a3161b, #ff9d96)); --alert-wash: var(--pincite-alert-wash, light-dark(#fdeeed, #35181a)); --focus: var(--pincite-focus, light-dark(#1a5fd0, #8fbcff)); } }
:host([hidden]) { display: none; }
*, *::before { box-sizing: border-box; }
.all { background: var(--paper); color: var(--ink); font: 1rem/1.6 var(--font); padding: 1.25rem; border: 1px solid var(--rule); border-radius: var(--radius); overflow-wrap: anywhere; }
h2, h3, h4, h5, h6, p, ul, blockquote { margin: 0; font: inherit; }
label, .title { font-weight: 650; }
label { display: block; margin-block-end: 0.35rem; }
.title { font-size: 1.125em; margin-block: 1.5rem 0.5rem; line-height: 1.3; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem; }
input, button { font: inherit; min-block-size: 2.75rem; border-radius: var(--radius); }
input { flex: 1 1 14rem; min-inline-size: 0; padding: 0.4rem 0.75rem; color: var(--ink); background: var(--paper); border: 1px solid var(--edge); }
button { padding: 0.4rem 1.25rem; font-weight: 650; cursor: pointer; color: var(--on-accent); background: var(--accent); border: 1px solid transparent; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.soft, .hint { color: var(--ink-soft); font-size: 0.875em; }
.hint { margin-block-start: 0.4rem; }
.status:empty { display: none; }
.status { margin-block-start: 0.75rem; }
.notice { margin-block-start: 1rem; padding: 0.9rem 1rem; border: 2px solid var(--alert); border-radius: var(--radius); background: var(--alert-wash); }
.notice .title { color: var(--alert); margin: 0; }
.notice .text { font-weight: 600; white-space: pre-line; }
.disclaimer { margin-block: 1rem; padding-inline-start: 0.9rem; border-inline-start: 3px solid var(--edge); color: var(--ink-soft); font-size: 0.9375em; white-space: pre-line; }
.passage { border-block-start: 1px solid var(--rule); padding-block: 1rem; }
blockquote { font-family: var(--quote-font); font-size: 1.125em; line-height: 1.55; max-inline-size: 40rem; }
blockquote > * + *, .soft + blockquote { margin-block-start: 0.6rem; }
blockquote ul { padding-inline-start: 1.35rem; }
blockquote .heading { font-weight: 700; }
.said { font-size: 1em; }
.side { border-block-start: 3px solid var(--edge); margin-block-start: 1rem; padding-block-start: 0.5rem; }
.side + .side { margin-block-start: 1.25rem; }
.side .title { font-size: 1em; margin: 0; }
ul { padding-inline-start: 1.35rem; }
mark { background: var(--mark); color: var(--on-mark); box-shadow: inset 0 -2px var(--mark-edge); }
a { color: var(--accent); text-underline-offset: 0.18em; }
.announced { margin-block-end: 0.6rem; padding-inline-start: 0.9rem; border-inline-start: 3px solid var(--edge); }
.announced blockquote { font-size: 1em; line-height: 1.4; }
.announced .table { white-space: pre-line; }
.source { margin-block-start: 0.75rem; font-weight: 600; }
.links { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-block-start: 0.25rem; font-size: 0.9375em; }
.links a { padding-block: 0.3rem; }
@media (forced-colors: active) { mark { background: Mark; color: MarkText; forced-color-adjust: none; } }
`;

const element = (tag, properties = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) if (value != null) made.setAttribute(name, value);
  made.append(...children.filter((child) => child != null));
  return made;
};

const webAddress = (address, base) => {
  try {
    const url = new URL(address, base);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
};

// A passage as the article sets it: headings, paragraphs, lists, the answering sentences marked.
// Offsets count code points, a JavaScript string counts in halves of some: hence the array.
const quotation = ({ text, blocks, highlights, article }) => {
  const points = Array.from(text);
  const run = (start, end) => {
    const cuts = new Set([start, end]);
    for (const at of highlights.flat()) if (start < at && at < end) cuts.add(at);
    const edges = [...cuts].sort((a, b) => a - b);
    return edges.slice(1).map((to, place) => {
      const words = points.slice(edges[place], to).join("");
      const marked = highlights.some(([from, until]) => from <= edges[place] && to <= until);
      return marked ? element("mark", {}, words) : words;
    });
  };
  const shown = [];
  const add = (start, end, kind) => {
    if (!points.slice(start, end).join("").trim()) return;
    if (kind === "item" || kind === "row") {
      if (shown.at(-1)?.dataset.kind !== kind) {
        shown.push(element("ul", { "data-kind": kind }));
      }
      shown.at(-1).append(element("li", { dir: "auto" }, ...run(start, end)));
    } else {
      shown.push(element("p", { dir: "auto", class: kind }, ...run(start, end)));
    }
  };
  let at = 0;
  for (const { start, end, kind } of [...blocks].sort((a, b) => a.start - b.start)) {
    add(at, Math.max(at, start), "paragraph");
    add(Math.max(at, start), end, kind);
    at = Math.max(at, end);
  }
  add(at, points.length, "paragraph");
  return element("blockquote", { lang: article.language, cite: webAddress(article.url) }, ...shown);
};

class PinciteSearch extends HTMLElement {
  static observedAttributes = ["lang", "placeholder"];
  #asking = null;
  // The language of what is said: an answer stays in that in which it was asked for.
  #spoken = "en";

  constructor() {
    super();
    this.attachShadow({ mode: "open", delegatesFocus: true });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.shadowRoot.adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    if (this.shadowRoot.hasChildNodes()) this.#label();
    else this.#build();
  }

  disconnectedCallback() {
    // One that is only moved is in the page again before anything else happens.
    queueMicrotask(() => {
      if (this.isConnected || !this.#asking) return;
      this.#asking.abort();
      this.#asking = null;
      this.shadowRoot.querySelector(".status").textContent = "";
    });
  }

  attributeChangedCallback() {
    if (this.shadowRoot.hasChildNodes()) this.#label();
  }

  get #server() {
    return new URL(this.getAttribute("server") || "/", import.meta.url);
  }

  get #language() {
    const asked = this.closest("[lang]")?.lang || navigator.language;
    const code = asked.toLowerCase().split("-")[0];
    return code in PINCITE.words ? code : "en";
  }

  #say(key, values = {}) {
    const words = PINCITE.words[this.#spoken];
    const text = words[key] ?? words[`${key}.${values.n === 1 ? "one" : "other"}`];
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  #date(iso) {
    const found = /^(\d{4})-(\d\d)(?:-(\d\d))?/.exec(iso);
    if (!found) return iso;
    const [, year, month, day] = found;
    const parts = { year: "numeric", month: "long", day: day ? "numeric" : undefined, timeZone: "UTC" };
    const locale = this.#spoken === "en" ? "en-GB" : this.#spoken;
    return new Date(Date.UTC(year, month - 1, day ?? 1)).toLocaleDateString(locale, parts);
  }

  #title(words, below = 0) {
    const level = Math.min(6, below + Math.max(2, Number(this.getAttribute("heading-level")) || 2));
    return element(`h${level}`, { class: "title" }, words);
  }

  // `whose` is for who lists the links of a page: it tells the same words apart, and is not shown.
  #link(address, words, rel, whose) {
    const href = webAddress(address, this.#server);
    return href && element("a", { href, rel }, words, whose && element("span", { class: "unseen" }, `: ${whose}`));
  }

  #build() {
    const input = element("input", {
      id: "q", name: "q", type: "text", required: "", dir: "auto", autocomplete: "off", enterkeyhint: "search",
      "aria-describedby": "hint",
    });
    const form = element("form", {},
      element("label", { for: "q" }),
      element("div", { class: "row" }, input, element("button", { type: "submit" })),
      element("p", { class: "hint", id: "hint" }),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value.trim()) this.#ask(input.value);
    });
    const status = element("p", { class: "status", role: "status" });
    const answer = element("div", { class: "answer" });
    this.shadowRoot.replaceChildren(
      element("div", { class: "all", part: "all" }, element("search", {}, form), status, answer),
    );
    this.#label();
  }

  // The words of the box, and no more: what is shown below it, a notice perhaps, stays.
  #label() {
    this.#spoken = this.#language;
    const inside = (selector) => this.shadowRoot.querySelector(selector);
    inside("search").lang = this.#spoken;
    inside("label").textContent = this.#say("ask.label");
    inside("button").textContent = this.#say("ask.button");
    inside("#hint").textContent = this.#say("ask.hint");
    const placeholder = this.getAttribute("placeholder");
    if (placeholder === null) inside("input").removeAttribute("placeholder");
    else inside("input").placeholder = placeholder;
  }

  async #ask(question) {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    const status = this.shadowRoot.querySelector(".status");
    const shown = this.shadowRoot.querySelector(".answer");
    const language = this.#language;
    this.#spoken = status.lang = shown.lang = language;
    status.textContent = this.#say("embed.asking");
    shown.replaceChildren();
    const wanted = Math.trunc(Number(this.getAttribute("k")));
    const k = wanted ? Math.min(20, Math.max(1, wanted)) : undefined;
    let answer = null;
    let found = null;
    try {
      answer = await fetch(new URL("v1/ask", this.#server), {
        method: "POST",
        // The header is for a refusal that comes before the body is read.
        headers: { "content-type": "application/json", "accept-language": language },
        body: JSON.stringify({ question, k, lang: language }),
        credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", signal: asking.signal,
      });
      found = await answer.json();
    } catch (error) {
      if (error.name === "AbortError") return;
    }
    if (asking.signal.aborted) return;
    this.#asking = null;
    this.#spoken = language;
    if (!answer || !found) {
      status.textContent = this.#say("embed.unreachable");
    } else if (!answer.ok) {
      const words = { 413: "embed.unclear", 422: "embed.unclear" }[answer.status] ?? "embed.later";
      status.textContent = this.#say(words);
      if (found.disclaimer) shown.append(element("p", { class: "disclaimer" }, found.disclaimer));
    } else {
      const n = found.passages.length;
      status.textContent = n ? this.#say("embed.found", { n }) : this.#say("none.title");
      shown.append(...this.#show(found));
    }
  }

  #show(answer) {
    const { notice, disclaimer, passages, see_a_doctor: doctor, nearest_topics: topics, did_you_mean: meant } = answer;
    const { also_searched: also = [], differing = [] } = answer;
    const parts = [];
    if (notice) {
      parts.push(element("section", { class: "notice", role: "alert" },
        this.#title(this.#say("answer.notice")),
        element("p", { class: "text" }, notice.text),
        element("p", { class: "soft" }, this.#say("answer.notice_why", { matched: notice.matched }), " ", this.#say("answer.notice_source"), ": ", notice.source),
      ));
    }
    parts.push(element("p", { class: "disclaimer" }, disclaimer));
    for (const [key, words] of [["answer.did_you_mean", meant], ["answer.also_searched", also.join(", ")]]) {
      if (words) parts.push(element("p", { class: "soft" }, this.#say(key), " ", element("bdi", {}, words)));
    }
    if (passages.length) {
      parts.push(this.#title(this.#say("embed.answer")), ...passages.map((one) => this.#passage(one)));
    } else {
      parts.push(element("p", {}, this.#say("none.lead")));
      if (topics.length) {
        const items = topics.map(({ title, section, link }) =>
          element("li", {}, this.#link(link, element("bdi", {}, section || title)), section ? element("span", { class: "soft" }, " · ", element("bdi", {}, title)) : null));
        parts.push(this.#title(this.#say("none.nearest")), element("ul", {}, ...items));
      }
      parts.push(element("p", { class: "hint" }, this.#say("none.elsewhere_person")));
    }
    if (doctor.length) parts.push(this.#title(this.#say("answer.doctor")), ...doctor.map((one) => this.#passage(one)));
    if (differing.length) {
      parts.push(this.#title(this.#say("said.differing")), element("p", { class: "soft" }, this.#say("said.differing_text")));
      for (const { kind, one, other } of differing) {
        parts.push(this.#side(`said.${kind}_one`, one), this.#side(`said.${kind}_other`, other));
      }
    }
    parts.push(element("p", { class: "soft" }, this.#link("about", this.#say("embed.about"))));
    return parts;
  }

  // The sentences of those sources that point one way.
  #side(key, quotes) {
    const said = ({ text, language, publisher, title, link }) => [
      element("blockquote", { class: "said", dir: "auto", lang: language }, text),
      element("p", { class: "soft" }, element("bdi", {}, publisher ?? title), " · ", this.#link(link, this.#say("embed.proof"), null, title)),
    ];
    return element("div", { class: "side" }, this.#title(this.#say(key), 1), ...quotes.flatMap(said));
  }

  // Which other articles have the passage too: it is one source, not several.
  #copies(copies) {
    const items = copies.map(({ article, link, identical }) =>
      element("li", {}, this.#link(link, element("bdi", {}, article.title)), ", ",
        element("bdi", {}, article.publisher ?? this.#say("answer.unknown_publisher")), identical ? "" : ` (${this.#say("answer.nearly")})`));
    return [element("p", {}, this.#say("answer.also_in", { n: copies.length })), element("ul", {}, ...items)];
  }

  // What announced the list or table inside which a passage begins, in the same article.
  #announced(lead, article) {
    const said = [];
    for (let one = lead; one; one = one.inner) {
      said.push(
        element("blockquote", { class: one.of, dir: "auto", lang: article.language, cite: webAddress(article.url) }, one.text),
        element("p", { "aria-hidden": "true" }, "…"));
    }
    return element("div", { class: "announced" }, element("p", { class: "soft" }, this.#say(`answer.lead_${lead.of}`)), ...said);
  }

  #passage(passage) {
    const { article, section, probability, start, end, links, lead, also_in: copies = [] } = passage;
    // Each date that it states; when it was fetched, only where it states none.
    const stated = ["published", "modified", "reviewed"].filter((name) => article[name]);
    const dates = (stated.length ? stated : ["retrieved"]).filter((name) => article[name])
      .map((name) => `${this.#say(name === "modified" ? "article.modified" : `answer.${name}`)} ${this.#date(article[name])}`);
    if (!stated.length) dates.unshift(this.#say("answer.unknown_date"));
    const said = PINCITE.likelihoods.find(([floor]) => probability >= floor)?.[1] ?? "unlikely";
    const whose = section.at(-1) ?? article.title;
    const labels = article.labels.map(({ kind }) => this.#say(`label.${kind}`, { years: PINCITE.oldYears }));
    const percent = Math.min(99, Math.max(1, Math.round(100 * probability)));
    return element("div", { class: "passage", part: "passage" },
      lead ? this.#announced(lead, article) : null,
      quotation(passage),
      element("p", { class: "source" }, element("bdi", {}, article.title)),
      element("p", { class: "soft" },
        element("bdi", {}, article.publisher ?? this.#say("answer.unknown_publisher")),
        ...article.authors.length ? [" · ", element("bdi", {}, this.#say("article.by", { authors: article.authors.join(", ") }))] : [],
        " · ", dates.join(" · ")),
      labels.length ? element("p", { class: "soft" }, labels.join(" · ")) : null,
      element("p", { class: "soft" }, ...section.flatMap((name) => [element("bdi", {}, name), " · "]), this.#say("answer.place", { start, end })),
      probability == null ? null : element("p", { class: "soft" }, `${this.#say(`answer.${said}`)} (${this.#say("answer.percent", { percent })})`),
      copies.length ? element("div", { class: "soft" }, ...this.#copies(copies)) : null,
      element("p", { class: "links" },
        this.#link(links.article, this.#say("embed.proof"), null, whose),
        links.original && this.#link(links.original, this.#say("answer.at_source"), "external noopener noreferrer", whose)),
    );
  }
}

if (!customElements.get("pincite-search")) customElements.define("pincite-search", PinciteSearch);

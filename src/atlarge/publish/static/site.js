"use strict";
/* Search, values of charts, files of charts, lists that filter and sort. Pages work without it. */
(() => {
  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/['’.]/g, "").replace(/[,()\-–/]/g, " ").replace(/\bsaint\b/g, "st").replace(/\bfort\b/g, "ft").replace(/\bmount\b/g, "mt").replace(/ +/g, " ").trim();
  const KINDS = / (county|parish|borough|census area|municipality|municipio|city and borough|office area.*|area of responsibility)$/;

  /* The index is a script of this site, loaded when a field is first used; ZIP codes when digits are typed. */
  let places = null;
  let zips = null;
  const callbacks = [];
  const once = new Set();
  const script = (name, done) => {
    if (once.has(name)) return;
    once.add(name);
    const element = document.createElement("script");
    element.src = document.body.dataset.root + "static/" + name + ".js";
    element.onload = done;
    document.head.append(element);
  };
  const ready = () => callbacks.forEach((call) => call());
  const loadPlaces = () => script("places", () => {
    const { rows, aliases } = window.atlargePlaces;
    places = rows.map(([name, path, state, code, people, records, cities]) => {
      const key = plain(name), whole = plain(name.split(",")[0]);
      return {
        name, path, state, code, people, records, key, stem: whole.replace(KINDS, ""), joined: [whole, whole.replace(KINDS, "")].map((one) => one.replace(/ /g, "")), where: plain(state),
        cities: cities ? cities.split(";").map((one) => { const [city, n] = one.split("|"); return { city, key: plain(city), n: Number(n) * 1000 || 0 }; }) : [],
      };
    });
    window.atlargeIndex = { places, aliases };
    ready();
  });
  const loadZips = () => script("zips", () => { zips = window.atlargeZips; ready(); });

  /* Letters to change, leave out, put in or swap between two short words; past `most` it does not matter. */
  const apart = (a, b, most) => {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let two = [], one = [...Array(b.length + 1).keys()];
    for (let i = 1; i <= a.length; i += 1) {
      const row = [i];
      for (let k = 1; k <= b.length; k += 1) {
        let least = Math.min(one[k] + 1, row[k - 1] + 1, one[k - 1] + (a[i - 1] === b[k - 1] ? 0 : 1));
        if (i > 1 && k > 1 && a[i - 1] === b[k - 2] && a[i - 2] === b[k - 1]) least = Math.min(least, two[k - 2] + 1);
        row.push(least);
      }
      two = one; one = row;
    }
    return one[b.length];
  };

  /* Weight of a place: residents first, records next, both by order of magnitude. */
  const weight = (people, records) => Math.log10(people + 1) + 0.3 * Math.log10(Math.max(records, 0) + 1);
  const begins = (words, text) => words.every((word) => (" " + text).includes(" " + word));

  /* A name with words that no place has, such as "travis county jail", is sought by its first words. */
  const found = (text) => {
    const wanted = plain(text).replace(/ aor$/, " area of responsibility");
    const first = foundBy(wanted, text);
    const words = wanted.split(" ");
    for (let n = words.length - 1; n > 0 && !first.sure.length && !first.near.length; n -= 1) {
      const { sure } = foundBy(words.slice(0, n).join(" "), words.slice(0, n).join(" "));
      if (sure.length) return { sure: [], near: sure };
    }
    return first;
  };

  const foundBy = (wanted, text) => {
    if (!wanted || !places) return { sure: [], near: [] };
    if (/^\d{3,5}$/.test(wanted)) return { sure: byNumber(wanted), near: [] };
    const words = wanted.split(" ");
    const joined = wanted.replace(/ /g, "");
    const alias = window.atlargeIndex.aliases[wanted];
    const sure = [], near = [];
    const most = wanted.length < 4 ? 0 : wanted.length < 7 ? 1 : 2;
    for (const p of places) {
      const w = weight(p.people, p.records) - (/^place\/(aor|office)/.test(p.path) && !/ (area|office)\b/.test(wanted) ? 3 : 0);
      let best = null;
      const offer = (score, shown) => { if (!best || score > best.score) best = { score, shown, place: p }; };
      if (alias && alias.includes(p.code)) offer(w + 8, p.key.includes(wanted) ? "" : text.trim());
      if (p.code.toLowerCase() === wanted) offer(w + 3.5, p.code);
      const state = words.length > 1 && p.where.endsWith(" " + words[words.length - 1]) ? 1 : 0; /* "el paso co" */
      if (p.key === wanted || p.stem === wanted) offer(w + 3.5, "");
      else if (p.joined.includes(joined)) offer(w + 3.4, "");
      else if (p.key.startsWith(wanted)) offer(w + state + 2, "");
      else if (begins(words, p.key + " " + p.where)) offer(w + state + (p.key.startsWith(words[0]) ? 2 : 1), "");
      for (const c of p.cities) {
        const small = c.n < 10000 ? -1 : 0;
        const cw = weight(Math.max(c.n, 100), 0) + 0.3 * Math.log10(Math.max(p.records, 0) + 1);
        if (c.key === wanted || (words.length > 1 && begins(words, c.key + " " + p.where) && c.key.startsWith(words.slice(0, -1).join(" ")))) offer(cw + 3 + small, c.city);
        else if (c.key.startsWith(wanted)) offer(cw + 1.4 + small, c.city);
      }
      if (best) { sure.push(best); continue; }
      if (!most) continue;
      const bare = wanted.replace(KINDS, "");
      const far = apart(bare, p.stem, most);
      if (far <= most) near.push({ score: w - 2.5 * far, shown: "", place: p });
      else {
        const c = p.cities.find((one) => one.n >= 5000 && apart(bare, one.key, most) <= most);
        if (c) near.push({ score: weight(c.n, 0) - 5, shown: c.city, place: p });
      }
    }
    const order = (some) => some.sort((a, b) => b.score - a.score || (a.place.name < b.place.name ? -1 : 1)).slice(0, 12);
    return { sure: order(sure), near: order(near) };
  };

  const byNumber = (digits) => {
    const some = places.filter((p) => p.code.startsWith(digits) && /^\d{5}$/.test(p.code)).slice(0, digits.length === 5 ? 1 : 8).map((place) => ({ place, shown: "FIPS " + place.code, score: 0 }));
    /* Codes of counties of another time lead to those that have their land now. */
    for (const [code, kept] of Object.entries(window.atlargeIndex.aliases)) {
      if (some.length >= 8 || !/^\d{5}$/.test(code) || !code.startsWith(digits)) continue;
      some.push(...places.filter((p) => kept.includes(p.code)).map((place) => ({ place, shown: "FIPS " + code, score: 0 })));
    }
    if (digits.length === 5) {
      loadZips();
      const codes = zips ? (zips[digits.slice(0, 3)] || "").split(";").map((one) => one.split(":")).filter(([tail]) => tail === digits.slice(3)).flatMap(([, list]) => list.split(",")) : [];
      for (const code of codes) {
        const place = places.find((p) => p.code === code);
        if (place) some.unshift({ place, shown: "ZIP " + digits, score: 1 });
      }
    }
    return some;
  };

  /* A field that finds places: `pick` is called with the one chosen. Nothing is opened unseen. */
  window.atlargeSearch = (field, pick) => {
    const body = document.body;
    const box = field.closest(".combo");
    const list = box.querySelector("[role=listbox]");
    const status = box.querySelector("[role=status]");
    let at = -1, shown = [];
    const close = () => { list.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); at = -1; };
    const mark = (index) => {
      const items = [...list.children];
      at = items.length ? (index + items.length) % items.length : -1;
      items.forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
      if (at >= 0) { field.setAttribute("aria-activedescendant", items[at].id); items[at].scrollIntoView({ block: "nearest" }); }
    };
    const show = () => {
      const { sure, near } = found(field.value);
      shown = sure.length ? sure : near;
      list.replaceChildren(...shown.map((one, i) => {
        const item = document.createElement("li");
        item.id = `${field.id}-${i}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        const name = document.createElement("span");
        name.textContent = (one.shown ? one.shown + " → " : "") + one.place.name;
        const note = document.createElement("small");
        const bits = [];
        if (one.place.people) bits.push(body.dataset.people.replace("#", one.place.people.toLocaleString("en-US")));
        bits.push(one.place.records > 0 ? body.dataset.records.replace("#", one.place.records.toLocaleString("en-US")) : one.place.records < 0 ? body.dataset.few : body.dataset.norecords);
        note.textContent = bits.join(" · ");
        item.append(name, note);
        item.dataset.path = one.place.path;
        return item;
      }));
      at = -1;
      field.removeAttribute("aria-activedescendant");
      const typed = field.value.trim() !== "" && places;
      list.hidden = shown.length === 0;
      field.setAttribute("aria-expanded", String(shown.length > 0));
      status.textContent = !typed ? "" : sure.length ? body.dataset.count.replace("#", sure.length) : shown.length ? body.dataset.near : body.dataset.none;
      status.classList.toggle("unseen", sure.length > 0 || !typed);
    };
    callbacks.push(() => { if (document.activeElement === field || field.value) show(); });
    const choose = (i) => { if (shown[i]) { const place = shown[i].place; close(); pick(place); } };
    field.addEventListener("focus", loadPlaces);
    field.addEventListener("input", () => { loadPlaces(); show(); });
    field.addEventListener("blur", () => setTimeout(close, 150));
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { event.preventDefault(); if (list.hidden) show(); mark(at + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(at - 1); }
      else if (event.key === "Escape") close();
      else if (event.key === "Enter") {
        event.preventDefault();
        if (list.hidden) show();
        if (at >= 0) choose(at);
        else mark(0); /* the first is shown as chosen; Enter once more opens it */
      }
    });
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const item = event.target.closest("li");
      if (item) choose([...list.children].indexOf(item));
    });
  };

  /* Files of what is drawn. */
  window.atlargeSave = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  /* The rules that charts are drawn by, with the light colours written out. */
  const chartStyle = () => {
    const sheet = [...document.styleSheets].find((s) => (s.href || "").includes("site.css"));
    const colours = {};
    let css = "";
    for (const rule of sheet.cssRules) {
      if (rule.selectorText === ":root") for (const name of rule.style) { if (name.startsWith("--") && !(name in colours)) colours[name] = rule.style.getPropertyValue(name).trim(); }
      else if (rule.selectorText && /(^|,\s*)(\.chart|text\.c-|\.c-|\.m-|\.q)/.test(rule.selectorText)) css += rule.cssText + "\n";
    }
    return css.replace(/var\((--[\w-]+)\)/g, (_, name) => colours[name] || "#000");
  };
  const wrapped = (text, wide, font) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = font;
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = (lines[lines.length - 1] + " " + word).trim();
      if (pen.measureText(longer).width > wide && lines[lines.length - 1]) lines.push(word); else lines[lines.length - 1] = longer;
    }
    return lines;
  };
  window.atlargeDrawn = (svg, { title, about, source, key, kind, name }) => {
    const ns = "http://www.w3.org/2000/svg";
    const box = svg.viewBox.baseVal;
    const wide = Math.max(box.width, 320), face = "Helvetica, Arial, sans-serif";
    const picture = document.createElementNS(ns, "svg");
    const put = (text, y, size, bold, colour, x = 12) => {
      const t = document.createElementNS(ns, "text");
      const about = { x, y, "font-family": face, "font-size": size, "font-weight": bold ? "bold" : "normal", fill: colour };
      for (const [n, v] of Object.entries(about)) t.setAttribute(n, v);
      t.textContent = text; picture.append(t);
    };
    const style = document.createElementNS(ns, "style");
    style.textContent = chartStyle();
    const paper = document.createElementNS(ns, "rect");
    paper.setAttribute("width", "100%"); paper.setAttribute("height", "100%"); paper.setAttribute("fill", "#ffffff");
    picture.append(style, paper);
    let y = 10;
    for (const text of wrapped(title, wide - 24, `bold 18px ${face}`)) { y += 22; put(text, y, 18, true, "#16202a"); }
    for (const text of wrapped(about, wide - 24, `13px ${face}`)) { y += 18; put(text, y, 13, false, "#53606c"); }
    y += 12;
    for (const l of key || []) {
      const mark = document.createElementNS(ns, "path");
      mark.setAttribute("d", `M12 ${y + 6}h22`); mark.setAttribute("class", l.kind); picture.append(mark);
      put(l.name, y + 10, 13, false, "#53606c", 42); y += 18;
    }
    const copy = svg.cloneNode(true);
    copy.querySelectorAll(".c-cursor,.c-brush,.c-hit,.c-hit-all").forEach((e) => e.remove());
    copy.setAttribute("x", "0"); copy.setAttribute("y", y); copy.setAttribute("width", box.width); copy.setAttribute("height", box.height);
    picture.append(copy);
    y += box.height + 6;
    for (const text of wrapped(source, wide - 24, `12px ${face}`)) { y += 16; put(text, y, 12, false, "#53606c"); }
    const tall = y + 14;
    for (const [n, v] of Object.entries({ xmlns: ns, viewBox: `0 0 ${wide} ${tall}`, width: wide, height: tall })) picture.setAttribute(n, v);
    const text = new XMLSerializer().serializeToString(picture);
    if (kind === "svg") { window.atlargeSave(new Blob([text], { type: "image/svg+xml" }), name); return; }
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = wide * 2; canvas.height = tall * 2;
      const pen = canvas.getContext("2d");
      pen.scale(2, 2); pen.drawImage(image, 0, 0, wide, tall);
      canvas.toBlob((blob) => window.atlargeSave(blob, name), "image/png");
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const body = document.body;
    const W = window.atlargeWords || {};
    const field = document.getElementById("find");
    if (field) window.atlargeSearch(field, (place) => { window.location.href = body.dataset.home + place.path; });

    /* Charts drawn with the page: values by tap, pointer or arrow keys; files. */
    for (const figure of document.querySelectorAll("figure")) {
      if (figure.dataset.live !== undefined) continue;
      const strips = [...figure.querySelectorAll(".c-hit")];
      const drawing = () => [...figure.querySelectorAll("svg.chart")].find((svg) => svg.getBoundingClientRect().width > 0);
      if (strips.length) {
        const readout = document.createElement("p");
        readout.className = "readout ui no-print";
        readout.setAttribute("role", "status");
        readout.tabIndex = 0;
        readout.textContent = body.dataset.read;
        figure.querySelector("svg.narrow").after(readout);
        let here = -1;
        const seen = () => strips.filter((strip) => strip.getBoundingClientRect().width > 0);
        const tell = (strip) => {
          strips.forEach((other) => other.classList.toggle("on", other === strip));
          readout.textContent = strip.querySelector("title").textContent;
        };
        const point = (event) => {
          const strip = event.target.closest(".c-hit");
          if (strip) { here = seen().indexOf(strip); tell(strip); }
        };
        for (const kind of ["pointermove", "pointerdown", "click"]) figure.addEventListener(kind, point);
        readout.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1, Home: -1e6, End: 1e6 }[event.key];
          const shown = seen();
          if (!step || !shown.length) return;
          event.preventDefault();
          here = Math.min(Math.max(here + step, 0), shown.length - 1);
          tell(shown[here]);
        });
      }
      const heading = figure.querySelector("figcaption h3");
      if (!drawing() || !heading || figure.id === "map") continue;
      const tools = document.createElement("p");
      tools.className = "take ui no-print";
      const stem = "atlarge-" + (figure.id || plain(heading.textContent).replace(/ /g, "-").slice(0, 40));
      const button = (name, act) => {
        const element = document.createElement("button");
        element.type = "button"; element.textContent = name;
        element.setAttribute("aria-label", (W["download"] || "Download") + ": " + name + ", " + heading.textContent);
        element.addEventListener("click", act); tools.append(element);
      };
      for (const kind of ["png", "svg"]) button(kind.toUpperCase(), () => window.atlargeDrawn(drawing(), { title: heading.textContent, about: figure.querySelector("figcaption p")?.textContent || "", source: body.dataset.source, kind, name: stem + "." + kind }));
      const table = figure.querySelector("table");
      if (table) button("CSV", () => window.atlargeSave(new Blob([csvOf(table)], { type: "text/csv" }), stem + ".csv"));
      const slot = figure.querySelector(".take-here");
      if (slot) slot.append(tools); else figure.append(tools);
    }

    /* Lists: a field that filters, choices, heads that sort; long ones show their first rows until more are wanted. */
    for (const box of document.querySelectorAll("[data-list]")) {
      const filter = box.querySelector("[data-filter]");
      const choices = [...box.querySelectorAll("[data-choice]")];
      const tally = box.querySelector("[data-tally]");
      const keys = new Map([...box.querySelectorAll(box.dataset.list)].map((item) => [item, plain(item.dataset.key || item.textContent)]));
      const button = box.querySelector("[data-more]");
      let most = Number(box.dataset.most) || Infinity;
      const apply = () => {
        const words = plain(filter ? filter.value : "").split(" ").filter(Boolean);
        const phrases = choices.map((c) => plain(c.value));
        let n = 0;
        for (const item of box.querySelectorAll(box.dataset.list)) {
          const key = keys.get(item);
          const fits = words.every((word) => key.includes(word)) && phrases.every((text) => key.includes(text));
          n += fits;
          item.hidden = !fits || n > most;
        }
        if (tally) tally.textContent = tally.dataset.tally.replace("#", n.toLocaleString("en-US"));
        if (button) {
          button.hidden = n <= most;
          button.textContent = button.dataset.more.replace("#", n.toLocaleString("en-US"));
        }
        for (const group of box.querySelectorAll("[data-group]")) {
          const some = [...group.querySelectorAll(box.dataset.list)];
          group.hidden = some.length > 0 && some.every((item) => item.hidden);
          if (group.tagName === "DETAILS" && words.length) group.open = true;
        }
      };
      if (button) button.addEventListener("click", () => { most = Infinity; apply(); });
      if (filter) filter.addEventListener("input", apply);
      choices.forEach((c) => c.addEventListener("change", apply));
      box.addEventListener("sorted", apply);
      const searched = new URLSearchParams(location.search).get("q");
      if (searched && filter) filter.value = searched;
      if (location.hash) most = Infinity; /* what the address points at must be seen */
      apply();
    }
    const months = (W["months"] || "").split(" ");
    for (const table of document.querySelectorAll("table[data-sort]")) {
      const tbody = table.tBodies[0];
      table.querySelectorAll("thead th").forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button"; button.className = "sort";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const down = head.getAttribute("aria-sort") !== "descending";
          table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", down ? "descending" : "ascending");
          const value = (row) => {
            const text = row.cells[column].textContent.trim();
            const date = text.match(/(?:(\d{1,2}) )?(\p{L}{3}) (\d{4})$/u);
            const month = date ? months.indexOf(date[2]) : -1;
            const n = month >= 0 ? date[3] * 10000 + month * 100 + Number(date[1] || 0) : parseFloat(text.replace(/[, ]/g, "").replace("−", "-").replace(/^<(\d+)/, (_, k) => String(k - 0.5)));
            return { n, text };
          };
          const rows = [...tbody.rows].map((row) => [value(row), row]);
          /* A column of numbers or days, some of which may be withheld or missing: those stand at the low end. */
          const isNumber = rows.some(([v]) => !Number.isNaN(v.n)) && rows.every(([v]) => !Number.isNaN(v.n) || !/\d/.test(v.text));
          if (isNumber) for (const [v] of rows) if (Number.isNaN(v.n)) v.n = -1e18;
          rows.sort(([a], [b]) => (isNumber ? a.n - b.n : a.text.localeCompare(b.text)) * (down && isNumber ? -1 : down ? 1 : isNumber ? 1 : -1));
          tbody.append(...rows.map(([, row]) => row));
          table.dispatchEvent(new Event("sorted", { bubbles: true }));
        });
      });
    }
  });

  const csvOf = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => {
    const text = cell.textContent.trim();
    return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }).join(",")).join("\n") + "\n";
})();

"use strict";
/* Search, map and chart reading. Pages work without it: every link, chart and table is in the page. */
document.addEventListener("DOMContentLoaded", () => {
  const body = document.body;
  const home = body.dataset.home;
  const root = body.dataset.root;
  const $ = (id) => document.getElementById(id);

  /* Search: the list of places is a script of this site, loaded when the field is first used. */
  const field = $("find");
  const list = $("found");
  const say = $("found-say");
  let places = null;
  let loading = false;
  let at = -1;

  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

  const load = () => {
    if (places || loading) return;
    loading = true;
    const script = document.createElement("script");
    script.src = root + "static/places.js";
    script.onload = () => {
      places = window.atlargePlaces.map(([name, path, cities, state]) => ({
        name, path, key: plain(name), state: plain(state), cities: cities ? cities.split(";") : [],
      }));
      show();
    };
    document.head.append(script);
  };

  /* Each word typed must begin a word of the name, or of its state. */
  const holds = (words, text) => words.every((word) => (" " + text).includes(" " + word));

  const matches = (text) => {
    const wanted = plain(text).replace(/[,.]/g, " ").trim().replace(/ +/g, " ");
    if (!wanted || !places) return [];
    const words = wanted.split(" ");
    const found = [];
    for (const place of places) {
      const name = place.key.replace(/[,().]/g, " ");
      if (name.startsWith(wanted)) { found.push({ rank: 0, text: place.name, path: place.path }); continue; }
      if (holds(words, name + " " + place.state)) { found.push({ rank: 1, text: place.name, path: place.path }); continue; }
      const tail = " " + name.split(" ").pop() + " " + place.state;
      const city = place.cities.find((one) => holds(words, plain(one) + tail));
      if (city) {
        found.push({ rank: plain(city) === wanted ? 0.5 : 2, text: city + " — " + place.name, path: place.path });
      } else if (name.includes(wanted)) { found.push({ rank: 3, text: place.name, path: place.path }); }
    }
    found.sort((a, b) => a.rank - b.rank || a.text.length - b.text.length || (a.text < b.text ? -1 : 1));
    return found.slice(0, 10);
  };

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

  /* Names nearest to a word that no name has: what was meant, perhaps. */
  const near = (text) => {
    const wanted = plain(text).split(",")[0].replace(/ (county|parish|office)$/, "").trim();
    if (wanted.length < 4 || !places) return [];
    const most = wanted.length < 7 ? 1 : 2;
    const found = [];
    for (const place of places) {
      const own = place.key.split(",")[0].replace(/ (county|parish|borough|census area|municipality|office area.*|area of responsibility)$/, "");
      const far = apart(wanted, own, most);
      if (far <= most) { found.push({ far, text: place.name, path: place.path }); continue; }
      const city = place.cities.find((one) => apart(wanted, plain(one), most) <= most);
      if (city) found.push({ far: most + 0.5, text: city + " — " + place.name, path: place.path });
    }
    found.sort((a, b) => a.far - b.far || (a.text < b.text ? -1 : 1));
    return found.slice(0, 6);
  };

  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    at = -1;
  };

  const mark = (index) => {
    const items = [...list.children];
    at = items.length ? (index + items.length) % items.length : -1;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) {
      field.setAttribute("aria-activedescendant", items[at].id);
      items[at].scrollIntoView({ block: "nearest" });
    }
  };

  const go = (path) => { window.location.href = home + path; };

  function show() {
    const sure = matches(field.value);
    const found = sure.length ? sure : near(field.value);
    list.replaceChildren(...found.map((place, i) => {
      const item = document.createElement("li");
      item.id = "found-" + i;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = place.text;
      item.dataset.path = place.path;
      return item;
    }));
    at = -1;
    field.removeAttribute("aria-activedescendant");
    const typed = field.value.trim() !== "" && places;
    list.hidden = found.length === 0;
    field.setAttribute("aria-expanded", String(found.length > 0));
    say.textContent = !typed ? "" : sure.length ? field.dataset.count.replace("#", sure.length) : found.length ? field.dataset.near : field.dataset.none;
    say.classList.toggle("unseen", sure.length > 0 || !typed);
  }

  if (field) {
    field.addEventListener("focus", load);
    field.addEventListener("input", () => { load(); show(); });
    field.addEventListener("blur", () => setTimeout(close, 150));
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { event.preventDefault(); mark(at + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(at - 1); }
      else if (event.key === "Escape") { close(); }
      else if (event.key === "Enter") {
        const item = list.children[Math.max(at, 0)];
        if (!list.hidden && item) { event.preventDefault(); go(item.dataset.path); }
      }
    });
    list.addEventListener("pointerdown", (event) => {
      const item = event.target.closest("li");
      if (item) { event.preventDefault(); go(item.dataset.path); }
    });
  }

  /* Map: recolour by measure and year. */
  const map = $("map");
  const told = window.atlargeMap;
  if (map && told) {
    const measure = $("map-measure");
    const year = $("map-year");
    const years = year.dataset.years.split(",");
    const note = $("map-say");
    const hint = note.textContent;
    const legend = [...$("map-legend").querySelectorAll("span")];
    const index = new Map(told.fips.map((fips, i) => [fips, i]));
    const rate = (fips) => {
      const i = index.get(fips);
      return i === undefined ? null : told.rates[measure.value][years[+year.value]][i];
    };
    const number = (value) => value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 1 : 0 });
    const kind = (value) => {
      if (value === null) return "qn";
      if (value < 0) return "qx";
      const cuts = told.cuts[measure.value];
      let step = 0;
      while (step < cuts.length && value >= cuts[step]) step += 1;
      return "q" + step;
    };
    const draw = () => {
      for (const county of map.querySelectorAll(".m-counties path")) {
        county.setAttribute("class", kind(rate(county.id.slice(1))));
      }
      const label = years[+year.value];
      $("map-year-say").textContent = label;
      year.setAttribute("aria-valuetext", label);
      $("map-title").textContent = measure.selectedOptions[0].dataset.title.replace("#", label);
      const cuts = told.cuts[measure.value];
      cuts.forEach((cut, i) => { legend[i].textContent = i === 0 ? "< " + number(cut) : number(cuts[i - 1]) + " – " + number(cut); });
      legend[cuts.length].textContent = number(cuts[cuts.length - 1]) + " +";
    };
    measure.addEventListener("change", draw);
    year.addEventListener("input", draw);
    map.addEventListener("pointerover", (event) => {
      const county = event.target.closest(".m-counties path");
      if (!county) { note.textContent = hint; return; }
      const i = index.get(county.id.slice(1));
      const value = rate(county.id.slice(1));
      const name = i === undefined ? "" : told.names[i] + ": ";
      note.textContent = value === null ? (name || "") + note.dataset.none : name + (value < 0 ? note.dataset.hidden : number(value)) + " (" + years[+year.value] + ")";
    });
    map.addEventListener("click", (event) => {
      const county = event.target.closest(".m-counties path");
      if (county && index.has(county.id.slice(1))) go("place/county/" + county.id.slice(1) + ".html");
    });
    draw();
  }

  /* Charts: read values by pointer or arrow keys. */
  for (const figure of document.querySelectorAll("figure")) {
    const strips = [...figure.querySelectorAll(".c-hit")];
    if (!strips.length) continue;
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
    figure.addEventListener("pointermove", (event) => {
      const strip = event.target.closest(".c-hit");
      if (strip) { here = seen().indexOf(strip); tell(strip); }
    });
    readout.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const shown = seen();
      if (!step || !shown.length) return;
      event.preventDefault();
      here = Math.min(Math.max(here + step, 0), shown.length - 1);
      tell(shown[here]);
    });
  }
});

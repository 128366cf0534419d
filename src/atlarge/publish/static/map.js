"use strict";
/* The map: colour by measure, level and period, played through time; zoom and pan; a sheet with a place's numbers. */
document.addEventListener("DOMContentLoaded", () => {
  const figure = document.getElementById("map");
  const slot = document.getElementById("map-slot");
  if (!figure || !slot || !window.atlargeWords || !window.d3) return;
  const load = (name) => new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = document.body.dataset.root + "static/" + name + ".js";
    script.onload = done; script.onerror = fail;
    document.head.append(script);
  });
  /* Borders and counts come when the map is near what is seen, or when one of its controls is used. */
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    Promise.all([load("mapdata"), load("mapshape")]).then(() => work(figure, slot, window.atlargeMap, window.atlargeWords, window.atlargeShapes));
  };
  figure.addEventListener("focusin", begin);
  if (!window.IntersectionObserver) { begin(); return; }
  new IntersectionObserver((seen, self) => { if (seen.some((one) => one.isIntersecting)) { self.disconnect(); begin(); } }, { rootMargin: "500px" }).observe(figure);
});

const work = (figure, slot, data, W, shapes) => {
  const $ = (id) => document.getElementById(id);
  const { home } = document.body.dataset;
  const say = (key, values = {}) => (W[key] || key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const short = W["months"].split(" ");
  const [level, measure, when, playing] = ["map-level", "map-measure", "map-when", "map-play"].map($);
  const [wide, tall] = shapes.size;
  const drawn = d3.select(slot).html("").append("svg").attr("class", "chart map-svg").attr("viewBox", `0 0 ${wide} ${tall}`).attr("role", "application").attr("tabindex", 0).attr("aria-label", slot.dataset.label);
  const inner = drawn.append("g").attr("class", "m-zoom"), half = inner.append("g").attr("transform", "scale(.5)");
  half.append("g").attr("class", "m-counties").selectAll("path").data(Object.entries(shapes.counties)).join("path").attr("id", (one) => "c" + one[0]).attr("d", (one) => one[1]);
  half.append("path").attr("class", "m-state").attr("d", shapes.borders);
  const svg = drawn.node();
  const paths = [...svg.querySelectorAll(".m-counties path")];
  const legend = $("map-legend");
  const note = $("map-say");
  const sheet = $("map-sheet");
  const number = (v, digits) => v.toLocaleString("en-US", { maximumFractionDigits: digits ?? (v < 100 ? 1 : 0) });
  const at = {};
  for (const name of Object.keys(data.levels)) at[name] = new Map(data.levels[name].codes.map((code, i) => [code, i]));
  const ofCounties = () => level.value.startsWith("county");
  const monthName = (n) => short[(n + 12) % 12];
  const periodName = (text) => (text.length === 4 ? say("fiscal", { year: text }) : monthName(Number(text.slice(5)) - 1) + " " + text.slice(0, 4));
  const codeOf = (path) => {
    const fips = path.id.slice(1);
    if (ofCounties()) return fips;
    const home_ = data.homes[fips];
    return home_ ? home_[level.value === "state" ? 0 : 1] : "";
  };
  const now = () => data.levels[level.value].periods[+when.value];
  /* A county with too few records for months of its own is published by the quarter or the fiscal year: the
     number of that period, with how many months it is of. */
  const yearOf = (period) => String(Number(period.slice(0, 4)) + (Number(period.slice(5)) > 9 ? 1 : 0));
  const quarterOf = (period) => { const m = Number(period.slice(5)); return period.slice(0, 5) + String(m - (m - 1) % 3).padStart(2, "0"); };
  const byMonth = data.levels.county_month;
  if (byMonth && byMonth.quarters) at.quarters = new Map(byMonth.quarters.codes.map((code, i) => [code, i]));
  const find = (table, index, name, code, period) => {
    const i = index && index.get(code), k = table ? table.periods.indexOf(period) : -1;
    return i === undefined || k < 0 ? undefined : { n: table.counts[name][k][i], people: residents(table, i, period.slice(0, 4)) };
  };
  const residents = (table, i, year) => {
    const years = Object.keys(table.people).sort();
    return table.people[years.includes(year) ? year : year < years[0] ? years[0] : years[years.length - 1]][i];
  };
  const cellAt = (name, code, period) => {
    const own = find(data.levels[level.value], at[level.value], name, code, period);
    if (own) return { ...own, months: 1, period };
    if (level.value !== "county_month") return undefined;
    const quarter = quarterOf(period), year = yearOf(period);
    const q = find(byMonth.quarters, at.quarters, name, code, quarter);
    if (q) return { ...q, months: 3, period: quarter };
    const y = find(data.levels.county, at.county, name, code, year);
    return y && { ...y, months: byMonth.year_months[data.levels.county.periods.indexOf(year)], period: year };
  };
  const coarseName = (cell) => (cell.period.length === 4 ? periodName(cell.period) : monthName(Number(cell.period.slice(5)) - 1) + "–" + monthName(Number(cell.period.slice(5)) + 1) + " " + cell.period.slice(0, 4));
  const rateOf = (cell) => (!cell || cell.n === null || cell.n < 0 || !cell.people || !cell.months ? null : cell.n / cell.people * 1e5 / cell.months);
  const norate = new Set(data.norate);
  const kind = (code) => {
    const cell = cellAt(measure.value, code, now());
    if (!cell || cell.n === null) return "qn";
    if (ofCounties() && norate.has(code)) return "qr";
    const own = level.value === "county_month" && cell.period === now() ? " own" : "";
    if (cell.n < 0) return (cell.n === -1 ? "qs" : "qx") + own;
    if (cell.n === 0) return "q0" + own;
    const rate = rateOf(cell);
    if (rate === null) return "qn";
    let step = 1;
    for (const cut of data.levels[level.value].cuts[measure.value]) if (rate >= cut) step += 1;
    return "q" + Math.min(step, 5) + own;
  };
  const FILLS = { qs: "url(#p-small)", qx: "url(#p-withheld)", qr: "url(#p-norate)" };
  const draw = () => {
    const kinds = new Map();
    for (const path of paths) {
      const code = codeOf(path);
      if (!kinds.has(code)) kinds.set(code, kind(code));
      const k = kinds.get(code);
      const named = path === chosen ? k + " on" : k, fill = FILLS[k.slice(0, 2)];
      if (path.getAttribute("class") === named) continue;
      path.setAttribute("class", named);
      if (fill) path.setAttribute("fill", fill); else path.removeAttribute("fill");
    }
    const name = measure.selectedOptions[0].textContent, period = periodName(now());
    $("map-coarse").hidden = level.value !== "county_month";
    $("map-title").textContent = say(level.value === "county_month" ? "map.rated_month" : "map.rated", { measure: name, period });
    $("map-when-say").textContent = period;
    when.setAttribute("aria-valuetext", period);
    const cuts = data.levels[level.value].cuts[measure.value];
    legend.querySelectorAll("[data-step]").forEach((one) => {
      const i = Number(one.dataset.step);
      one.textContent = i === 1 ? "< " + number(cuts[0]) : i === 5 ? number(cuts[3]) + " +" : number(cuts[i - 2]) + " – " + number(cuts[i - 1]);
    });
    if (!sheet.hidden && chosen) open(chosen);
    if (twin.open) fillTable();
  };
  const words = (code) => {
    const cell = cellAt(measure.value, code, now());
    if (!cell || cell.n === null) return say("map.none");
    const tail = cell.period === now() ? "" : " " + say("map.coarse", { period: coarseName(cell) });
    if (cell.n === -1) return say("map.small", { threshold: data.threshold }) + tail;
    if (cell.n === -2) return say("map.withheld") + tail;
    const rate = rateOf(cell);
    const some = say("map.arrests", { n: number(cell.n, 0) }) + tail;
    if (ofCounties() && norate.has(code)) return some + " (" + say("map.norate") + ")";
    return rate === null ? some : some + ", " + say(tail ? "map.rate_month" : "map.rate", { n: number(rate) });
  };
  const nameOf = (code) => {
    const view = ofCounties() ? "county" : level.value, i = at[view].get(code);
    return i === undefined ? data.names[code] || "" : data.levels[view].names[i];
  };
  const pageOf = (code) => {
    const known = ofCounties() || at[level.value].has(code);
    return known && code ? home + "place/" + (ofCounties() ? "county" : level.value) + "/" + code + ".html" : "";
  };
  /* The same as a table: places with records in the period, their counts, and the rate of the measure drawn. */
  const twin = $("map-twin");
  const fillTable = () => {
    const table = twin.querySelector("table");
    table.caption.textContent = $("map-title").textContent + (at.quarters && level.value === "county_month" ? ". " + say("map.table_months") : "");
    table.querySelectorAll("th").forEach((head) => head.removeAttribute("aria-sort"));
    const rows = data.levels[level.value].codes.filter((code) => (cellAt("arrests", code, now()) || {}).n).map((code) => {
      const row = document.createElement("tr"), head = document.createElement("th"), link = document.createElement("a");
      head.scope = "row"; link.href = pageOf(code); link.textContent = nameOf(code);
      head.append(link); row.append(head);
      for (const option of measure.options) {
        const { n } = cellAt(option.value, code, now()) || {};
        row.insertCell().textContent = n === null || n === undefined ? "–" : n === -1 ? "<" + data.threshold : n === -2 ? say("withheld") : number(n, 0);
      }
      const rate = ofCounties() && norate.has(code) ? null : rateOf(cellAt(measure.value, code, now()));
      row.insertCell().textContent = rate === null ? "–" : number(rate, 1);
      return row;
    });
    table.tBodies[0].replaceChildren(...rows);
  };
  twin.addEventListener("toggle", () => { if (twin.open) fillTable(); });
  let chosen = null;
  const open = (path) => {
    const code = codeOf(path);
    if (chosen) chosen.classList.remove("on");
    chosen = path;
    path.classList.add("on");
    path.parentNode.append(path); /* its border on top of its neighbours' */
    sheet.querySelector("h4").textContent = nameOf(code);
    const list = sheet.querySelector("dl");
    const rows = [];
    const before = measure.value;
    for (const option of measure.options) {
      measure.value = option.value;
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = option.textContent; dd.textContent = words(code);
      rows.push(dt, dd);
    }
    measure.value = before;
    list.replaceChildren(...rows);
    sheet.querySelector(".when").textContent = periodName(now());
    const link = sheet.querySelector("a");
    link.href = pageOf(code) || home + "places.html";
    sheet.hidden = false;
  };
  const close = () => { sheet.hidden = true; if (chosen) chosen.classList.remove("on"); chosen = null; };
  sheet.querySelector("button").addEventListener("click", () => { close(); svg.focus(); });
  const select = () => {
    const own = data.levels[level.value];
    when.max = own.periods.length - 1;
    when.value = own.periods.length - 1;
    close();
    draw();
  };
  level.addEventListener("change", select);
  measure.addEventListener("change", draw);
  when.addEventListener("input", draw);
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; playing.textContent = say("map.play"); playing.setAttribute("aria-pressed", "false"); };
  playing.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (+when.value >= +when.max) when.value = 0;
    playing.textContent = say("map.stop");
    playing.setAttribute("aria-pressed", "true");
    draw();
    timer = setInterval(() => {
      if (+when.value >= +when.max) { stop(); return; }
      when.value = +when.value + 1;
      draw();
    }, now().length === 4 ? 1100 : 450);
  });

  svg.addEventListener("pointerover", (event) => {
    const path = event.target.closest(".m-counties path");
    if (!path) { note.textContent = say("map.hint"); return; }
    const code = codeOf(path);
    note.textContent = nameOf(code) + " · " + periodName(now()) + " · " + words(code);
  });
  svg.addEventListener("click", (event) => {
    const path = event.target.closest(".m-counties path");
    if (!path) return;
    const state = (data.homes[path.id.slice(1)] || [])[0];
    if (scale < 2 && slot.clientWidth < 560 && state) zoomTo(state); /* counties are too small for a finger */
    open(path);
  });
  /* Among counties by the arrow keys: the nearest centre in that direction. */
  let centres = null;
  const centre = () => {
    if (!centres) centres = new Map(paths.map((p) => { const b = p.getBBox(); return [p, [b.x + b.width / 2, b.y + b.height / 2]]; }));
    return centres;
  };
  svg.addEventListener("keydown", (event) => {
    const go = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Escape") { close(); return; }
    if (event.key === "Enter" && chosen) { event.preventDefault(); window.location.href = pageOf(codeOf(chosen)); return; }
    if (event.key === "+" || event.key === "=") { zoomBy(1.6); return; }
    if (event.key === "-") { zoomBy(1 / 1.6); return; }
    if (!go) return;
    event.preventDefault();
    const all = centre();
    if (!chosen) { open(paths[0]); }
    else {
      const [x, y] = all.get(chosen);
      let best = null, least = Infinity;
      for (const [p, [px, py]] of all) {
        const dx = px - x, dy = py - y, along = dx * go[0] + dy * go[1], across = Math.abs(dx * go[1]) + Math.abs(dy * go[0]);
        if (p === chosen || along <= 0.5) continue;
        const far = along + 2.5 * across;
        if (far < least) { least = far; best = p; }
      }
      if (best) open(best);
    }
    note.textContent = nameOf(codeOf(chosen)) + " · " + periodName(now()) + " · " + words(codeOf(chosen));
  });

  /* Zoom and pan: with the buttons, two fingers, or the wheel where the map has the focus or Ctrl is down. */
  let scale = 1;
  const zoom = d3.zoom().scaleExtent([1, 16]).translateExtent([[0, 0], [wide, tall]]).filter((event) => {
    if (event.type === "wheel") return event.ctrlKey || document.activeElement === svg;
    if (event.type === "touchstart") return event.touches.length > 1 || scale > 1;
    if (event.type === "dblclick") return true;
    return !event.button;
  }).on("zoom", (event) => {
    scale = event.transform.k;
    inner.attr("transform", event.transform);
    svg.classList.toggle("is-near", scale > 1);
    svg.style.setProperty("--k", scale);
  });
  d3.select(svg).call(zoom);
  const zoomBy = (k) => zoom.scaleBy(d3.select(svg), k);
  $("map-in").addEventListener("click", () => zoomBy(1.8));
  $("map-out").addEventListener("click", () => zoomBy(1 / 1.8));
  /* To a state: as large as fits, from the boxes of its counties. */
  const zoomTo = (state) => {
    const boxes = paths.filter((p) => (data.homes[p.id.slice(1)] || [])[0] === state).map((p) => p.getBBox());
    if (!boxes.length) { zoom.transform(d3.select(svg), d3.zoomIdentity); return; }
    const x0 = Math.min(...boxes.map((b) => b.x)) / 2, x1 = Math.max(...boxes.map((b) => b.x + b.width)) / 2;
    const y0 = Math.min(...boxes.map((b) => b.y)) / 2, y1 = Math.max(...boxes.map((b) => b.y + b.height)) / 2;
    const k = Math.min(16, 0.9 * Math.min(wide / (x1 - x0), tall / (y1 - y0)));
    zoom.transform(d3.select(svg), d3.zoomIdentity.translate(wide / 2 - k * (x0 + x1) / 2, tall / 2 - k * (y0 + y1) / 2).scale(k));
  };
  const go = $("map-go");
  if (go) go.addEventListener("change", () => zoomTo(go.value));
  $("map-whole").addEventListener("click", () => { if (go) go.value = ""; zoom.transform(d3.select(svg), d3.zoomIdentity); });
  note.textContent = say("map.hint");
  select();
};

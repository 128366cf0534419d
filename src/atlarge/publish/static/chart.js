"use strict";
/* Live charts: values by tap, pointer or arrow keys; measure, dates, rates, up to five places, kept in the
   address; taken along as PNG, SVG or CSV, or embedded. The page's own chart stands where this cannot run. */
(() => {
  const waiting = new Map();
  const known = new Map();
  /* A file of series calls this: it is a script, so that pages opened from a disk can read it too. */
  window.atlargeSeries = (key, data) => {
    dress(data);
    known.set(key, data);
    (waiting.get(key) || []).forEach((done) => done(data));
  };

  /* Names and labels in the language of the page. */
  const dress = (data) => {
    const W = window.atlargeWords;
    const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    const short = W["months"].split(" ");
    const one = (text) => { const [y, m, d] = text.split("-").map(Number); return { y, m, d, s: `${d} ${short[m - 1]} ${y}` }; };
    const days = (a, b) => {
      const f = one(a), l = one(b);
      if (a === b) return f.s;
      if (f.y === l.y && f.m === l.m) return `${f.d}–${l.s}`;
      return (f.y === l.y ? `${f.d} ${short[f.m - 1]}` : f.s) + " – " + l.s;
    };
    data.name = data.names[document.documentElement.lang] || data.names.en;
    for (const p of data.policies) p.label = fill(W["policy." + (p.scope || "own") + "." + p.kind], { day: one(p.day).s });
    for (const r of data.reports || []) r.label = fill(W["report"], { days: days(r.start, r.end) });
    for (const s of data.surges) s.label = s.labels ? s.labels[document.documentElement.lang] : (s.area ? s.area + ": " : "") + fill(W["surge"], { count: s.count, days: days(s.start, s.end) });
  };

  const STEP = { month: 1, quarter: 3, year: 12 };
  const MOST = 5;
  const SMALL = -1, WITHHELD = -2;
  const KINDS = ["c-observed", "c-second", "c-third", "c-fourth", "c-fifth"];

  document.addEventListener("DOMContentLoaded", () => {
    const W = window.atlargeWords;
    if (!W || !window.d3) return;
    const { root, home } = document.body.dataset;
    const say = (key, values = {}) => (W[key] || key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
    const number = (v, digits = 0) => v.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
    const months = W["months"].split(" ");

    const load = (key) => new Promise((done, fail) => {
      if (known.has(key)) { done(known.get(key)); return; }
      if (waiting.has(key)) { waiting.get(key).push(done); return; }
      waiting.set(key, [done]);
      const script = document.createElement("script");
      script.src = root + "data/series/" + key + ".js";
      script.onerror = () => fail(new Error(key));
      document.head.append(script);
    });

    const day = (text) => { const [y, m, d] = text.split("-").map(Number); return Date.UTC(y, m - 1, d || 1); };
    const later = (time, n) => { const d = new Date(time); return Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + n, 1); };
    const monthOf = (time) => new Date(time).toISOString().slice(0, 7);
    const periodName = (time, every) => {
      const d = new Date(time), y = d.getUTCFullYear(), m = d.getUTCMonth();
      const date = d.getUTCDate() + " " + months[m] + " " + y;
      if (every === "day") return date;
      if (every === "month_from" && d.getUTCDate() > 1) return say("month_from", { day: date });
      if (every === "year") return say("fiscal", { year: y + 1 });
      if (every === "quarter") return months[m] + "–" + months[m + 2] + " " + y;
      return months[m] + " " + y;
    };

    /* The values of one measure of a place: numbers, or why there is none. */
    const valuesOf = (data, measure, every) => {
      if (data.at) return data.counts[measure] || null;
      const own = data.series[every];
      if (!own) return null;
      if (own[measure]) return own[measure];
      if (measure !== "rest") return null;
      const [all, ...parts] = ["arrests", "at_large", "handoffs"].map((m) => own[m]);
      if (!all || parts.some((p) => !p)) return null;
      return all.map((v, i) => {
        const known = parts.map((p) => p[i]).filter((one) => one !== null);
        if (v === null || !known.length) return null;
        return [v, ...known].some((one) => one < 0) ? WITHHELD : known.reduce((rest, one) => rest - one, v);
      });
    };
    /* Start and end of each period of a measure: months as they are, or an answer's own periods. */
    const gridOf = (data, measure, every, n) => {
      if (data.at) return data.at[measure].map((text, k) => [day(text), day(text) + data.days[measure][k] * 864e5]);
      const first = day(data.start[every]);
      return [...Array(n).keys()].map((k) => [later(first, k * STEP[every]), later(first, (k + 1) * STEP[every])]);
    };
    const people = (data, time) => {
      const years = Object.keys(data.people || {}).map(Number).sort();
      if (!years.length) return null;
      const year = new Date(time).getUTCFullYear();
      return data.people[Math.max(years[0], Math.min(year, years[years.length - 1]))];
    };

    class Live {
      constructor(figure) {
        this.figure = figure;
        this.plot = figure.querySelector(".plot");
        this.readout = figure.querySelector(".readout");
        this.keyline = figure.querySelector(".keyline");
        this.isLinked = figure.dataset.linked === "true";
        this.state = { places: figure.dataset.places ? figure.dataset.places.split(",") : [], measure: figure.dataset.measure || "parts", rate: false, from: "", to: "" };
        this.own = [...this.state.places];
        this.heading = figure.querySelector("figcaption h3").textContent;
        this.here = -1;
        this.readAddress();
        this.wire();
        this.height = 0;
        this.start();
      }

      readAddress() {
        if (!this.isLinked) return;
        const given = new URLSearchParams(location.search);
        const fit = (text) => /^\d{4}-\d{2}$/.test(text || "") ? text : "";
        const others = (given.get("with") || "").split(",").filter((k) => /^[a-z]+-[A-Za-z0-9-]+$/.test(k));
        this.state.places = [...new Set([...this.state.places, ...others])].slice(0, MOST);
        if (given.get("m")) this.state.measure = given.get("m");
        this.state.rate = given.get("rate") === "1";
        this.state.from = fit(given.get("from"));
        this.state.to = fit(given.get("to"));
      }

      query() {
        const s = this.state, q = new URLSearchParams();
        const others = s.places.filter((k) => !this.own.includes(k));
        if (others.length) q.set("with", others.join(","));
        if (s.measure !== (this.figure.dataset.measure || "parts")) q.set("m", s.measure);
        if (s.rate) q.set("rate", "1");
        if (s.from) q.set("from", s.from);
        if (s.to) q.set("to", s.to);
        return q.toString().replace(/%2C/g, ",");
      }

      keep() {
        if (!this.isLinked) return;
        const q = this.query();
        try { history.replaceState(null, "", location.pathname + (q ? "?" + q : "") + location.hash); } catch (_) { /* opened from a disk */ }
        this.figure.dispatchEvent(new CustomEvent("kept"));
      }

      tool(name) { return this.figure.querySelector(`[data-tool="${name}"]`); }

      wire() {
        const on = (name, event, act) => { const t = this.tool(name); if (t) t.addEventListener(event, act); };
        on("measure", "change", (e) => { this.state.measure = e.target.value; this.changed(); });
        on("from", "change", (e) => { this.state.from = e.target.value; this.changed(); });
        on("to", "change", (e) => { this.state.to = e.target.value; this.changed(); });
        on("rate", "change", (e) => { this.state.rate = e.target.checked; this.changed(); });
        on("whole", "click", () => { this.state.from = this.state.to = ""; this.changed(); });
        on("png", "click", () => this.take("png"));
        on("svg", "click", () => this.take("svg"));
        on("csv", "click", () => this.take("csv"));
        on("embed", "click", () => this.showEmbed());
        on("link", "click", () => this.copyLink());
        const field = this.tool("with");
        if (field && window.atlargeSearch) {
          window.atlargeSearch(field, (place) => {
            field.value = "";
            this.add(place.path.replace(/^place\//, "").replace(/\.html$/, "").replace("/", "-"));
          });
        }
        this.plot.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1, Home: -1e6, End: 1e6 }[event.key];
          if (!step || !this.times) return;
          event.preventDefault();
          this.tell(Math.min(Math.max((this.here < 0 ? (step > 0 ? -1 : this.times.length) : this.here) + step, 0), this.times.length - 1));
        });
        /* On paper: as wide as a sheet, whatever the window is. */
        window.addEventListener("beforeprint", () => { if (this.data) { this.paper = [690, 215]; this.draw(); } });
        window.addEventListener("afterprint", () => { if (this.data) { this.paper = null; this.draw(); } });
        let wide = 0;
        new ResizeObserver((seen) => {
          const now = Math.round(seen[0].contentRect.width);
          if (this.data && !this.paper && now !== wide) { wide = now; this.draw(); }
        }).observe(this.plot);
      }

      add(key) {
        if (!this.state.places.includes(key) && this.state.places.length < MOST) {
          this.state.places.push(key);
          if (this.state.measure === "parts" || this.state.measure === "stack") this.state.measure = "at_large";
          this.changed();
        }
      }

      drop(key) { this.state.places = this.state.places.filter((k) => k !== key); this.changed(); }

      changed() { this.here = -1; this.keep(); this.start(); }

      async start() {
        const keys = [...this.state.places];
        const got = await Promise.all(keys.map((k) => load(k).catch(() => null)));
        this.state.places = keys.filter((_, i) => got[i]);
        this.data = got.filter(Boolean);
        this.draw();
      }

      choose() {
        const s = this.state, many = this.data.length > 1;
        if (many && (s.measure === "parts" || s.measure === "stack")) s.measure = "at_large";
        const order = ["month", "quarter", "year"];
        const answer = this.data.find((d) => d.at);
        if (answer && !answer.at[s.measure]) s.measure = Object.keys(answer.at)[0];
        const every = order[Math.max(0, ...this.data.map((d) => order.indexOf(d.fine)))];
        const names = s.measure === "parts" ? ["at_large", "handoffs"] : s.measure === "stack" ? ["at_large", "handoffs", "rest"] : [s.measure];
        const canRate = this.data.every((d) => d.people && !d.norate);
        const rate = s.rate && canRate;
        const isIn = ([start, end]) => (!s.from || end > day(s.from)) && (!s.to || start < later(day(s.to), 1));
        const lines = [];
        for (const d of this.data) for (const name of names) {
          const values = valuesOf(d, name, every);
          if (!values) continue;
          const cells = gridOf(d, name, every, values.length).map((span, k) => [span, values[k], k]).filter(([span]) => isIn(span));
          lines.push({ data: d, measure: name, name: many ? d.name : d.at ? say("observed") : say("measure." + name), cells, kind: KINDS[lines.length % KINDS.length] });
        }
        /* The periods of an answer stand for themselves; those of places are laid on one axis. */
        const axis = new Map();
        for (const l of lines) if (!answer || l.data === answer) for (const [span] of l.cells) axis.set(span[0], span[1]);
        const times = [...axis.keys()].sort((p, q) => p - q), ends = times.map((t) => axis.get(t));
        for (const l of lines) {
          if (answer && l.data !== answer) l.cells = l.cells.filter(([[a, b]]) => a >= times[0] && b <= ends[ends.length - 1]);
          const own = new Map(l.cells.map(([span, v, k]) => [span[0], [span[1], v, k]]));
          const isShared = !answer || l.data === answer;
          l.times = isShared ? times : [...own.keys()];
          l.ends = isShared ? ends : l.times.map((t) => own.get(t)[0]);
          l.raw = l.times.map((t) => (own.has(t) ? own.get(t)[1] : null));
          l.shown = l.raw.map((v, k) => (v === null || v < 0 ? null : rate ? v / people(l.data, l.times[k]) * 1e5 : v));
          l.indexAt = (i) => {
            if (isShared) return i;
            const mid = (times[i] + ends[i]) / 2;
            return l.times.findIndex((t, k) => t <= mid && mid < l.ends[k]);
          };
        }
        const first = answer && !many && answer.expected[s.measure];
        const expected = first && lines.length ? lines[0].cells.map(([, , k]) => first[k]) : null;
        return { every: answer ? answer.every : every, lines, times, ends, rate, canRate, many, expected, isAnswer: Boolean(answer) };
      }

      draw() {
        const figure = this.figure, plot = this.plot;
        if (!this.height) {
          const old = [...plot.querySelectorAll("svg")].find((svg) => svg.getBoundingClientRect().height > 0);
          this.height = old ? Math.round(old.getBoundingClientRect().height) : Number(plot.dataset.height) || 340;
          this.fixed = Boolean(old);
        }
        const chips = figure.querySelector(".chips");
        if (chips) this.drawChips(chips);
        if (!this.data.length) {
          plot.replaceChildren(Object.assign(document.createElement("p"), { className: "note", textContent: say("none") }));
          return;
        }
        const c = this.choice = this.choose();
        this.times = c.times;
        this.sync(c);
        const width = this.paper ? this.paper[0] : Math.max(240, Math.round(plot.clientWidth));
        const narrow = width < 620;
        const height = this.paper ? this.paper[1] : this.fixed ? Math.min(this.height, 460) : narrow ? 320 : 400;
        const isFirst = Boolean(this.own.length) && !this.query();
        figure.querySelector("figcaption h3").textContent = isFirst ? this.heading : this.about();
        const sentence = figure.querySelector("figcaption p");
        if (sentence && this.own.length) sentence.hidden = !isFirst;
        const svg = d3.select(plot).selectAll("svg.live").data([0]).join("svg").attr("class", "chart live").attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height).attr("role", "img");
        plot.querySelectorAll(":scope > svg:not(.live), :scope > p").forEach((old) => old.remove());
        plot.style.height = height + "px";
        svg.selectAll("*").remove();
        const heading = figure.querySelector("figcaption h3").textContent;
        svg.attr("aria-label", heading + ". " + say("read"));

        const isStack = this.state.measure === "stack";
        const tops = isStack ? c.times.map((_, i) => c.lines.reduce((sum, l) => sum + (l.shown[i] || 0), 0)) : c.lines.flatMap((l) => l.shown);
        if (c.expected) tops.push(...c.expected.flatMap((e) => (e ? [e[0], e[2]] : [])));
        const threshold = this.data[0].threshold;
        const peak = Math.max(c.rate ? 0.1 : threshold, ...tops.filter((v) => v !== null));
        const y = d3.scaleLinear().domain([0, peak]).nice(4);
        const ticks = y.ticks(4).filter((t) => c.rate || Number.isInteger(t));
        const digits = Math.max(...ticks.map((t) => (Number.isInteger(t) ? 0 : (String(t).split(".")[1] || "").length)));
        const measureText = (text, kind = "c-tick") => {
          const t = svg.append("text").attr("class", kind).text(text);
          const wide = t.node().getComputedTextLength(); t.remove(); return wide;
        };
        const left = Math.ceil(Math.max(...ticks.map((t) => measureText(number(t, digits))))) + 10;
        const named = c.expected ? [...c.lines, { name: say("expected"), kind: "c-expected", shown: c.expected.map((e) => (e ? e[0] : null)), times: c.times }] : c.lines;
        const ends = named.map((l) => measureText(l.name, l.kind + "-t"));
        const room = narrow || isStack ? 14 : Math.min(210, Math.ceil(Math.max(...ends, 20)) + 14);
        const right = width - room;
        const x = d3.scaleUtc().domain([c.times[0], c.ends[c.ends.length - 1]]).range([left, right]);
        this.x = x;
        const policies = c.many ? [] : this.data[0].policies.map((p) => ({ ...p, at: day(p.day) })).filter((p) => p.at >= x.domain()[0] && p.at <= x.domain()[1]);
        const surges = c.many ? [] : this.data[0].surges.map((b) => ({ ...b, at: (day(b.start) + day(b.end)) / 2 })).filter((b) => b.at >= x.domain()[0] && b.at <= x.domain()[1]);
        const lanes = policies.length || surges.length ? (narrow || policies.length > 2 ? 3 : 2) : 0;
        const top = lanes * 16 + 12, bottom = height - 28;
        y.range([bottom, top]);
        const mid = (i, l = c) => x((l.times[i] + l.ends[i]) / 2);
        this.mid = mid;

        /* Not covered */
        const isPart = new Set(this.data.flatMap((d) => (d.partial && d.partial[c.every]) || []));
        const bare = c.times.map((t, i) => !isPart.has(monthOf(t)) && c.lines.every((l) => (l.raw[l.indexAt(i)] ?? null) === null));
        for (let i = 0; i < bare.length; i += 1) {
          if (!bare[i]) continue;
          let k = i; while (k + 1 < bare.length && bare[k + 1]) k += 1;
          const a = x(c.times[i]), b = x(c.ends[k]);
          svg.append("rect").attr("class", "c-uncovered").attr("x", a).attr("width", b - a).attr("y", top).attr("height", bottom - top);
          const text = say("uncovered");
          if (measureText(text) + 8 < b - a) svg.append("text").attr("class", "c-tick").attr("text-anchor", "middle").attr("x", (a + b) / 2).attr("y", top + 16).text(text);
          i = k;
        }
        /* Covered in part: drawn as they are, on a shade that says so */
        c.partial = c.times.map((t) => isPart.has(monthOf(t)));
        c.partial.forEach((is, i) => {
          if (!is) return;
          const a = x(c.times[i]), b = x(c.ends[i]), text = say("in_part");
          svg.append("rect").attr("class", "c-in-part").attr("x", a).attr("width", b - a).attr("y", top).attr("height", bottom - top);
          if (measureText(text) + 6 < b - a) svg.append("text").attr("class", "c-tick").attr("text-anchor", "middle").attr("x", (a + b) / 2).attr("y", top + 16).text(text);
        });
        /* Days on which a series changes its meaning or its source */
        c.breaks = c.many ? [] : (this.data[0].breaks || []).filter((one) => c.lines.some((l) => one.measures.includes(l.measure)) && day(one.day) > x.domain()[0] && day(one.day) < x.domain()[1]);
        for (const one of c.breaks) svg.append("path").attr("class", "c-break").attr("d", `M${x(day(one.day))} ${top}V${bottom}`);
        /* Axes */
        for (const t of ticks) {
          svg.append("path").attr("class", t === 0 ? "c-axis" : "c-grid").attr("d", `M${left} ${y(t)}H${right}`);
          svg.append("text").attr("class", "c-tick").attr("text-anchor", "end").attr("x", left - 6).attr("y", y(t) + 4).text(number(t, digits));
        }
        this.drawTime(svg, x, bottom, c.every, measureText);
        /* Policies and surges */
        const taken = Array.from({ length: lanes }, () => []);
        const marks = [
          ...policies.filter((p) => !p.soft).map((p) => ({ x: x(p.at), text: p.label, kind: "c-policy-t", rank: 0 })),
          ...[...surges].sort((a, b) => a.rank - b.rank).slice(0, narrow ? 1 : 3).map((b) => ({ x: x(b.at), text: b.label, kind: "c-surge-t", rank: b.rank })),
        ].sort((a, b) => a.rank - b.rank || a.x - b.x);
        if (c.isAnswer && !c.many) for (const p of policies.filter((one) => one.soft)) svg.append("path").attr("class", "c-policy-soft").attr("d", `M${x(p.at)} ${top - 6}V${bottom}`);
        for (const p of policies.filter((one) => !one.soft)) svg.append("path").attr("class", "c-policy-line").attr("d", `M${x(p.at)} ${top - 6}V${bottom}`);
        for (const b of surges) svg.append("path").attr("class", "c-surge").attr("d", `M${x(b.at) - 4} ${top - 9}h8l-4 7z`);
        if (!c.many) for (const r of this.data[0].reports || []) {
          const at = x((day(r.start) + day(r.end)) / 2);
          if (at >= left && at <= right) svg.append("path").attr("class", "c-report").attr("d", `M${at} ${top + 2}l5 6l-5 6l-5 -6z`).append("title").text(r.label);
        }
        for (const m of marks) {
          const wide = measureText(m.text, m.kind);
          const start = m.x + 4 + wide <= width - 2 ? m.x + 4 : Math.max(2, m.x - 4 - wide);
          if (start + wide > width - 1) continue;
          const free = taken.findIndex((lane) => lane.every(([a, b]) => start > b + 10 || start + wide < a - 10));
          if (free < 0) continue;
          taken[free].push([start, start + wide]);
          svg.append("text").attr("class", m.kind).attr("x", start).attr("y", 13 + 16 * free).text(m.text);
        }
        /* Counts */
        if (c.expected) {
          const at = c.expected.map((e, i) => [mid(i), e]);
          svg.append("path").attr("class", "c-band").attr("d", d3.area().defined((p) => p[1]).x((p) => p[0]).y0((p) => y(Math.max(0, p[1][1]))).y1((p) => y(p[1][2]))(at));
          svg.append("path").attr("class", "c-expected").attr("d", d3.line().defined((p) => p[1]).x((p) => p[0]).y((p) => y(p[1][0]))(at));
        }
        if (isStack) this.drawStack(svg, c, x, y);
        else for (const l of c.lines) this.drawLine(svg, c, l, mid, y, threshold);
        /* Names at the ends of their lines, apart */
        this.named = named;
        const isLabelled = !narrow && !isStack;
        if (isLabelled) {
          const spots = named.map((l, i) => {
            const at = l.shown.map((v, k) => [v, k]).filter(([v]) => v !== null).pop();
            return { l, i, y: at ? y(at[0]) : bottom };
          }).sort((a, b) => a.y - b.y);
          let last = -1e9;
          for (const s of spots) { s.y = Math.max(s.y, last + 16); last = s.y; }
          let most = bottom;
          for (const s of [...spots].reverse()) { s.y = Math.min(s.y, most); most = s.y - 16; }
          for (const s of spots) svg.append("text").attr("class", s.l.kind + "-t").attr("x", right + 8).attr("y", s.y + 4).text(this.fitted(s.l.name, room - 12, (t) => measureText(t, s.l.kind + "-t")));
        }
        this.keyline.replaceChildren(...(isLabelled ? [] : named.map((l) => {
          const span = document.createElement("span");
          const ns = "http://www.w3.org/2000/svg";
          const svgKey = document.createElementNS(ns, "svg");
          svgKey.setAttribute("viewBox", "0 0 22 10"); svgKey.setAttribute("width", "22"); svgKey.setAttribute("height", "10"); svgKey.setAttribute("aria-hidden", "true");
          const mark = document.createElementNS(ns, isStack ? "rect" : "path");
          if (isStack) { mark.setAttribute("width", "14"); mark.setAttribute("height", "10"); mark.setAttribute("class", l.kind + "-fill"); }
          else { mark.setAttribute("d", "M0 5H22"); mark.setAttribute("class", l.kind); }
          svgKey.append(mark);
          span.append(svgKey, " " + l.name);
          return span;
        })));
        /* Reading */
        this.cursor = svg.append("g").attr("class", "c-cursor").attr("visibility", "hidden");
        this.cursor.append("path").attr("class", "c-cursor-line").attr("d", `M0 ${top - 4}V${bottom}`);
        this.bounds = { top, bottom, left, right, width, y, isStack };
        const brush = svg.append("rect").attr("class", "c-brush").attr("y", top).attr("height", bottom - top).attr("width", 0);
        const over = svg.append("rect").attr("class", "c-hit-all").attr("x", left).attr("y", 0).attr("width", Math.max(1, right - left)).attr("height", height);
        const nearest = (px) => {
          const t = +x.invert(px);
          return Math.min(Math.max(d3.bisectLeft(c.times, t) - (c.times.includes(t) ? 0 : 1), 0), c.times.length - 1);
        };
        let from = null;
        over.on("pointermove pointerdown", (event) => {
          const [px] = d3.pointer(event);
          if (event.type === "pointerdown" && event.pointerType === "mouse") { from = px; over.node().setPointerCapture(event.pointerId); }
          if (from !== null && Math.abs(px - from) > 6) brush.attr("x", Math.min(px, from)).attr("width", Math.abs(px - from));
          this.tell(nearest(px));
        });
        over.on("pointerup", (event) => {
          const [px] = d3.pointer(event);
          const start = from; from = null; brush.attr("width", 0);
          if (start === null || Math.abs(px - start) < 12) return;
          const [a, b] = [Math.min(px, start), Math.max(px, start)].map(nearest);
          this.state.from = monthOf(c.times[a]);
          this.state.to = monthOf(c.ends[b] - 864e5);
          this.changed();
        });
        over.on("pointerleave", () => { if (from === null) this.cursor.attr("visibility", "hidden"); });
        over.on("dblclick", () => { this.state.from = this.state.to = ""; this.changed(); });
        if (this.here >= 0 && this.here < c.times.length) this.tell(this.here);
        figure.classList.add("is-live");
      }

      fitted(text, wide, measure) {
        if (measure(text) <= wide) return text;
        let cut = text;
        while (cut.length > 3 && measure(cut + "…") > wide) cut = cut.slice(0, -1);
        return cut.trimEnd() + "…";
      }

      drawTime(svg, x, bottom, every, measure) {
        const [first, last] = x.domain().map(Number);
        const pixels = (x.range()[1] - x.range()[0]) / ((last - first) / 2629800000);
        const step = [1, 2, 3, 6, 12, 24, 60].find((s) => s * pixels >= 48) || 120;
        const year = new Date(first).getUTCFullYear();
        let end = -1e9;
        for (let t = Date.UTC(year, 0, 1); t <= last; t = later(t, step)) {
          if (t < first) continue;
          const d = new Date(t), isYear = d.getUTCMonth() === 0;
          const text = isYear ? String(d.getUTCFullYear()) : months[d.getUTCMonth()];
          const kind = isYear ? "c-strong" : "c-tick", wide = measure(text, kind), px = x(t);
          svg.append("path").attr("class", "c-axis").attr("d", `M${px} ${bottom}v${isYear ? 7 : 4}`);
          if (px - wide / 2 < end + 8 || px + wide / 2 > Number(svg.attr("width"))) continue;
          end = px + wide / 2;
          svg.append("text").attr("class", kind).attr("text-anchor", "middle").attr("x", px).attr("y", bottom + 20).text(text);
        }
      }

      drawLine(svg, c, l, mid, y, threshold) {
        const points = l.shown.map((v, i) => [mid(i, l), v]);
        const path = d3.line().defined((p) => p[1] !== null).x((p) => p[0]).y((p) => y(p[1]));
        svg.append("path").attr("class", l.kind).attr("d", path(points));
        points.forEach((p, i) => {
          const isAlone = p[1] !== null && (i === 0 || points[i - 1][1] === null) && (i === points.length - 1 || points[i + 1][1] === null);
          if (isAlone || (p[1] !== null && c.every === "year")) svg.append("circle").attr("class", l.kind + " dot").attr("cx", p[0]).attr("cy", y(p[1])).attr("r", 3);
          if (l.raw[i] === SMALL) svg.append("path").attr("class", "c-hidden").attr("d", `M${p[0]} ${y(0)}V${y(c.rate ? 0 : threshold - 1) - (c.rate ? 6 : 0)}`);
          if (l.raw[i] === WITHHELD) svg.append("circle").attr("class", "c-dot-other").attr("cx", p[0]).attr("cy", y(0) - 5).attr("r", 3);
        });
      }

      drawStack(svg, c, x, y) {
        c.times.forEach((t, i) => {
          let base = 0;
          const a = x(t), wide = Math.max(1, x(c.ends[i]) - a - (c.every === "year" ? 8 : 0.6));
          for (const l of c.lines) {
            const v = l.shown[i];
            if (v) svg.append("rect").attr("class", l.kind + "-fill").attr("x", a).attr("width", wide).attr("y", y(base + v)).attr("height", y(base) - y(base + v));
            if (l.raw[i] < 0 && l.raw[i] !== null) svg.append("path").attr("class", "c-hidden").attr("d", `M${a + wide / 2} ${y(base)}v-6`);
            base += v || 0;
          }
        });
      }

      text(l, i, at) {
        const raw = l.raw[i] ?? null;
        if (raw === null) return say(this.choice.partial[at] ? "in_part_not" : "uncovered");
        if (raw === SMALL) return "<" + l.data.threshold;
        if (raw === WITHHELD) return say("withheld");
        return this.choice.rate ? number(l.shown[i], l.shown[i] < 10 ? 2 : 1) : number(raw);
      }

      tell(i) {
        const c = this.choice, b = this.bounds;
        this.here = i;
        const px = this.mid(i);
        this.cursor.attr("visibility", "visible").attr("transform", `translate(${px} 0)`);
        this.cursor.selectAll("circle").data(b.isStack ? [] : c.lines.filter((l) => (l.shown[l.indexAt(i)] ?? null) !== null)).join("circle").attr("class", (l) => l.kind + " dot").attr("r", 4.5).attr("cx", (l) => this.mid(l.indexAt(i), l) - px).attr("cy", (l) => b.y(l.shown[l.indexAt(i)]));
        const parts = c.lines.map((l) => l.name + ": " + this.text(l, l.indexAt(i), i));
        const e = c.expected && c.expected[i];
        if (e) parts.push(say("expected_is", { n: number(Math.max(0, e[0]), 1), low: number(Math.max(0, e[1]), 1), high: number(e[2], 1) }));
        if (b.isStack) {
          const all = valuesOf(c.lines[0].data, "arrests", c.every);
          const at = all && all[Math.round((c.times[i] - day(c.lines[0].data.start[c.every])) / 2629800000 / STEP[c.every])];
          if (at !== undefined && at !== null) parts.push(say("measure.arrests") + ": " + (at === SMALL ? "<" + c.lines[0].data.threshold : at < 0 ? say("withheld") : number(at)));
        }
        const end = c.ends[i];
        if (c.partial[i] && c.lines.some((l) => (l.raw[l.indexAt(i)] ?? null) !== null)) parts.push(say("in_part"));
        if (!c.many) {
          for (const p of this.data[0].policies) if (day(p.day) >= c.times[i] && day(p.day) < end) parts.push(p.label + (p.title ? " (" + p.title + ")" : ""));
          for (const b of c.breaks) if (day(b.day) >= c.times[i] && day(b.day) < end) parts.push(b.says[document.documentElement.lang] || b.says.en);
          for (const s of this.data[0].surges) if (day(s.start) >= c.times[i] && day(s.start) < end) parts.push(s.label);
        }
        const strong = document.createElement("b");
        strong.textContent = periodName(c.times[i], c.every);
        this.readout.replaceChildren(strong, " · " + parts.join(" · ") + (c.rate ? " (" + say("per") + ")" : ""));
      }

      sync(c) {
        const s = this.state, set = (name, value) => { const t = this.tool(name); if (t) t.value = value; };
        const measure = this.tool("measure");
        const answer = this.data.find((d) => d.at);
        if (measure) for (const o of measure.options) o.disabled = answer ? !answer.at[o.value] : c.many && (o.value === "parts" || o.value === "stack");
        set("measure", s.measure);
        for (const name of ["from", "to"]) {
          const t = this.tool(name);
          if (!t) continue;
          if (s[name] && ![...t.options].some((o) => o.value === s[name])) {
            const option = document.createElement("option");
            option.value = s[name]; option.textContent = months[Number(s[name].slice(5)) - 1] + " " + s[name].slice(0, 4);
            t.append(option);
          }
          t.value = s[name];
        }
        const rate = this.tool("rate");
        if (rate) {
          rate.disabled = !c.canRate;
          rate.checked = c.rate;
          const why = this.figure.querySelector(".why-rate");
          if (why) why.textContent = c.canRate ? "" : say(this.data.some((d) => d.norate) ? "norate" : "nopeople", { place: this.data.filter((d) => d.norate || !d.people).map((d) => d.name).join(", ") });
        }
        const whole = this.tool("whole");
        if (whole) whole.disabled = !(s.from || s.to);
        const field = this.tool("with");
        if (field) field.disabled = s.places.length >= MOST;
      }

      drawChips(chips) {
        chips.replaceChildren(...this.data.map((d, i) => {
          const item = document.createElement("li");
          const link = document.createElement("a");
          link.href = home + d.page; link.textContent = d.name;
          item.append(link);
          const key = this.state.places[i];
          if (!this.own.includes(key)) {
            const off = document.createElement("button");
            off.type = "button"; off.textContent = "×"; off.setAttribute("aria-label", say("remove", { place: d.name }));
            off.addEventListener("click", () => this.drop(key));
            item.append(off);
          }
          return item;
        }));
        chips.hidden = this.data.length < 2 && this.own.length > 0;
      }

      about() {
        const c = this.choice, measure = [...new Set(c.lines.map((l) => say("measure." + l.measure)))].join(", ");
        const where = this.data.map((d) => d.name).join("; ");
        const month = (time) => { const d = new Date(time); return months[d.getUTCMonth()] + " " + d.getUTCFullYear(); };
        const from = c.isAnswer ? month(c.times[0]) : periodName(c.times[0], c.every);
        const to = c.isAnswer ? month(c.ends[c.ends.length - 1] - 864e5) : periodName(c.times[c.times.length - 1], c.every);
        return `${measure}, ${where}, ${from} – ${to}${c.rate ? ", " + say("per") : ""}`;
      }

      take(kind) {
        const stem = "atlarge-" + this.state.places.join("-") + "-" + this.state.measure;
        if (kind === "csv") { window.atlargeSave(new Blob([this.csv()], { type: "text/csv" }), stem + ".csv"); return; }
        window.atlargeDrawn(this.plot.querySelector("svg.live"), { title: this.figure.querySelector("figcaption h3").textContent, about: this.about(), source: document.body.dataset.source, key: this.keyline.textContent.trim() ? this.named : [], kind, name: stem + "." + kind });
      }

      csv() {
        const c = this.choice, quote = (t) => /[",\n]/.test(t) ? '"' + t.replace(/"/g, '""') + '"' : t;
        const rows = [["place", "place_name", "measure", "period", "start", c.rate ? "per_100000" : "value", "mark", ...(c.expected ? ["expected", "low", "high"] : [])]];
        for (const l of c.lines) l.times.forEach((t, i) => {
          const raw = l.raw[i], mark = raw === null ? "uncovered" : raw === SMALL ? "small" : raw === WITHHELD ? "withheld" : "shown";
          rows.push([l.data.code, l.data.name, l.measure, c.every, new Date(t).toISOString().slice(0, 10), mark === "shown" ? String(c.rate ? +l.shown[i].toFixed(4) : raw) : "", mark, ...(c.expected ? (c.expected[i] || ["", "", ""]).map(String) : [])]);
        });
        return rows.map((r) => r.map(quote).join(",")).join("\n") + "\n";
      }

      embedAddress() {
        const q = new URLSearchParams();
        q.set("with", this.state.places.join(","));
        q.set("m", this.state.measure);
        if (this.state.rate) q.set("rate", "1");
        if (this.state.from) q.set("from", this.state.from);
        if (this.state.to) q.set("to", this.state.to);
        return new URL(home + "embed.html?" + q.toString().replace(/%2C/g, ","), location.href).href;
      }

      showEmbed() {
        const box = this.figure.querySelector(".embed-code");
        box.hidden = !box.hidden;
        const field = box.querySelector("textarea");
        field.value = `<iframe src="${this.embedAddress().replace(/&/g, "&amp;")}" title="${this.about().replace(/"/g, "&quot;")}" width="100%" height="520" loading="lazy"></iframe>`;
        if (!box.hidden) field.select();
      }

      async copyLink() {
        const address = location.href.split("#")[0] + "#" + this.figure.id;
        try { await navigator.clipboard.writeText(address); this.readout.textContent = say("copied"); } catch (_) { this.readout.textContent = address; }
      }
    }

    for (const figure of document.querySelectorAll("figure[data-live]")) figure.live = new Live(figure);
  });
})();

"use strict";
// Makes the charts interactive: a cursor with its reading, zoom, and links from the table of anomalies.
(() => {
  const source = document.getElementById("readings");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const words = { 1: "good", 2: "not evaluated", 3: "suspect", 4: "invalid", 9: "missing" };
  const charts = document.getElementById("charts");
  const plots = [...charts.querySelectorAll("svg.plot")];
  const rows = [...document.querySelectorAll("tr[data-from]")];
  const tip = document.getElementById("tip"), said = document.getElementById("said");
  const start = Date.parse(data.start), last = data.seconds.length - 1;
  let from = 0, width = data.span, at = -1, picked = null;
  document.body.classList.add("live");
  said.hidden = false;

  const make = (name, attributes, parent) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent.append(element);
    return element;
  };
  const percent = seconds => 100 * (seconds - from) / width;
  const two = number => String(number).padStart(2, "0");
  const clock = (seconds, short) => {
    const time = new Date(start + seconds * 1000);
    const text = two(time.getUTCHours()) + ":" + two(time.getUTCMinutes());
    return short && !time.getUTCSeconds() ? text : text + ":" + two(time.getUTCSeconds());
  };
  const date = seconds => new Date(start + seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const layers = plots.map(plot => ({
    plot, picked: make("rect", { class: "picked", height: "100%" }, plot),
    cursor: make("line", { class: "cursor", y2: "100%", visibility: "hidden" }, plot),
  }));

  // Zoom: stretched parts get a new viewBox, all others a new position in percent.
  const steps = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2419200, 31449600];
  const ticks = () => {
    const step = steps.find(each => width / each <= 8) || width;
    const offset = (start / 1000) % 86400;
    const found = [];
    for (let t = Math.ceil((from + offset) / step) * step - offset; t < from + width; t += step)
      found.push([t, (t + offset) % 86400 === 0 || step >= 86400 ? date(t) : clock(t, true)]);
    return found;
  };
  const draw = () => {
    for (const part of charts.querySelectorAll("svg.scaled")) part.setAttribute("viewBox", `${from} 0 ${width} 1000`);
    for (const text of charts.querySelectorAll("[data-at]")) {
      const place = percent(text.dataset.at * data.span / 100);
      text.setAttribute("x", place + "%");
      text.setAttribute("visibility", place < 0 || place > 100 ? "hidden" : "visible");
    }
    const found = ticks();
    for (const axis of charts.querySelectorAll("svg.x")) {
      axis.replaceChildren();
      for (const [time, text] of found) make("text", { x: percent(time) + "%", y: 16 }, axis).textContent = text;
    }
    const lines = found.map(([time]) => `M${time} 0V1000`).join("");
    for (const grid of charts.querySelectorAll(".grid.across")) grid.setAttribute("d", lines);
    reset.disabled = width >= data.span;
    point();
  };
  const zoom = (start, span) => {
    width = Math.min(data.span, Math.max(span, data.span / 500));
    from = Math.min(data.span - width, Math.max(0, start));
    draw();
  };
  const zoomBy = (factor, centre) => zoom(centre - (centre - from) * factor, width * factor);
  const middle = () => at >= 0 ? data.seconds[at] : from + width / 2;

  // The cursor: one reading, shown in every chart.
  const nearest = seconds => {
    let low = 0, high = last;
    while (low < high) {
      const half = (low + high) >> 1;
      if (data.seconds[half] < seconds) low = half + 1; else high = half;
    }
    return low > 0 && seconds - data.seconds[low - 1] < data.seconds[low] - seconds ? low - 1 : low;
  };
  const covers = (row, seconds) => seconds >= +row.dataset.from - .5 && seconds <= +row.dataset.from + +row.dataset.width + .5;
  const say = () => {
    const seconds = data.seconds[at];
    const lines = Object.entries(data.values).map(([name, values]) => {
      const value = values[at], flag = data.flags[name][at];
      const text = value === null ? "no reading" : `${+value.toFixed(3)} ${data.units[name]}`;
      return `${name} ${text}` + (flag === "1" || flag === "2" ? "" : `, ${words[flag]}`);
    });
    if (data.flags.row[at] === "4" && !lines.some(line => line.endsWith("invalid"))) lines.push("row invalid");
    const found = rows.filter(row => covers(row, seconds)).map(row => row.querySelector(".message").textContent);
    return [`${date(seconds)}, ${clock(seconds, true)}`, ...lines, ...found];
  };
  const point = () => {
    const seconds = data.seconds[at], shown = at >= 0 && seconds >= from && seconds <= from + width;
    for (const layer of layers) {
      layer.cursor.setAttribute("visibility", shown ? "visible" : "hidden");
      if (shown) for (const x of ["x1", "x2"]) layer.cursor.setAttribute(x, percent(seconds) + "%");
      layer.picked.setAttribute("visibility", picked ? "visible" : "hidden");
      if (!picked) continue;
      const left = Math.max(0, percent(picked[0])), right = Math.min(100, percent(picked[0] + picked[1]));
      layer.picked.setAttribute("x", `calc(${left}% - 4px)`);
      layer.picked.style.x = `calc(${left}% - 4px)`;
      layer.picked.style.width = `calc(${Math.max(0, right - left)}% + 8px)`;
    }
    for (const row of rows) row.classList.toggle("on", at >= 0 && covers(row, seconds));
  };
  const show = (index, plot, spoken) => {
    at = Math.min(last, Math.max(0, index));
    point();
    const [head, ...lines] = say();
    tip.replaceChildren(Object.assign(document.createElement("b"), { textContent: head }));
    for (const line of lines) tip.append(Object.assign(document.createElement("div"), { textContent: line }));
    tip.hidden = false;
    const box = plot.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const x = box.left + box.width * percent(data.seconds[at]) / 100;
    const beside = x + 14 + own.width < document.documentElement.clientWidth ? x + 14 : Math.max(4, x - 14 - own.width);
    tip.style.left = beside + scrollX + "px";
    tip.style.top = box.top + scrollY + 8 + "px";
    plot.setAttribute("aria-valuenow", at);
    plot.setAttribute("aria-valuetext", [head, ...lines].join("; "));
    if (spoken) said.textContent = "";
  };
  const hide = () => { tip.hidden = true; at = -1; point(); };
  const flagged = direction => {
    for (let index = at + direction; index >= 0 && index <= last; index += direction)
      if (data.flags.row[index] === "3" || data.flags.row[index] === "4") return index;
    return at;
  };

  for (const { plot } of layers) {
    const name = plot.getAttribute("aria-label");
    plot.setAttribute("tabindex", "0");
    plot.setAttribute("role", "slider");
    plot.setAttribute("aria-label", name + " Arrow keys move, N and P go to flagged readings, plus and minus zoom.");
    for (const [key, value] of [["min", 0], ["max", last], ["now", 0]]) plot.setAttribute("aria-value" + key, value);
    const secondsAt = event => {
      const box = plot.getBoundingClientRect();
      return from + width * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    };
    let began = null, shade = null;
    plot.addEventListener("pointermove", event => {
      const seconds = secondsAt(event);
      show(nearest(seconds), plot);
      if (began === null) return;
      shade = shade || make("rect", { class: "drag", height: "100%" }, plot);
      shade.setAttribute("x", percent(Math.min(began, seconds)) + "%");
      shade.setAttribute("width", percent(from + Math.abs(seconds - began)) + "%");
    });
    plot.addEventListener("pointerdown", event => {
      show(nearest(secondsAt(event)), plot);
      if (event.pointerType === "mouse" && event.button === 0) { began = secondsAt(event); plot.setPointerCapture(event.pointerId); }
    });
    const drop = event => {
      if (shade) shade.remove();
      const seconds = secondsAt(event);
      if (began !== null && event.type === "pointerup" && Math.abs(seconds - began) > width / 50) zoom(Math.min(began, seconds), Math.abs(seconds - began));
      began = shade = null;
    };
    plot.addEventListener("pointerup", drop);
    plot.addEventListener("pointercancel", drop);
    plot.addEventListener("pointerleave", () => { if (began === null && document.activeElement !== plot) hide(); });
    plot.addEventListener("dblclick", () => zoom(0, data.span));
    plot.addEventListener("wheel", event => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomBy(event.deltaY > 0 ? 1.25 : .8, secondsAt(event));
    }, { passive: false });
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", event => {
      const big = event.shiftKey ? 12 : 1, now = at < 0 ? nearest(from) : at;
      const moves = {
        ArrowRight: now + big, ArrowLeft: now - big, PageDown: now + 12, PageUp: now - 12,
        Home: nearest(from), End: nearest(from + width), n: flagged(1), p: flagged(-1),
      };
      if (event.key in moves && !event.ctrlKey && !event.metaKey) {
        const seconds = data.seconds[Math.min(last, Math.max(0, moves[event.key]))];
        if (seconds < from || seconds > from + width) zoom(seconds - width / 2, width);
        show(moves[event.key], plot);
      } else if (event.key === "+" || event.key === "=") zoomBy(.5, middle());
      else if (event.key === "-") zoomBy(2, middle());
      else if (event.key === "0") zoom(0, data.span);
      else if (event.key === "Escape") hide();
      else return;
      event.preventDefault();
    });
  }

  // The table: hovering over a row shades its time in the charts; a click scrolls there.
  const goTo = row => {
    const name = row.children[2].textContent, figure = document.getElementById(name) || document.getElementById("power");
    const start = +row.dataset.from, span = +row.dataset.width;
    picked = [start, span];
    if (start < from || start + span > from + width) zoom(start - width / 2, width);
    const plot = figure.querySelector("svg.plot");
    figure.scrollIntoView({ block: "center" });
    plot.focus({ preventScroll: true });
    show(nearest(start), plot);
  };
  for (const row of rows) {
    row.addEventListener("pointerenter", () => { picked = [+row.dataset.from, +row.dataset.width]; point(); });
    row.addEventListener("pointerleave", () => { picked = null; point(); });
    row.addEventListener("click", event => { event.preventDefault(); goTo(row); });
  }

  const tools = charts.querySelector(".tools");
  const button = (text, label, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    tools.append(made);
    return made;
  };
  tools.append(Object.assign(document.createElement("span"), { className: "soft", textContent: "drag to zoom" }));
  button("−", "Zoom out", () => zoomBy(2, middle()));
  button("+", "Zoom in", () => zoomBy(.5, middle()));
  const reset = button("All", "Show the whole file", () => zoom(0, data.span));
  reset.disabled = true;
  tools.hidden = false;
})();

// Unpacks the charting library, draws each chart in the page's own colours as it comes into view (those that share
// their time axis zoom together), and opens what a link leads to.
"use strict";
(() => {
  const options = {
    responsive: true,
    displaylogo: false,
    doubleClick: "reset",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };
  const drawn = new Map();
  const elements = [...document.querySelectorAll(".chart")];
  let charts = {};
  let zoomed = null;

  // -- charts

  async function unpacked(id) {
    const packed = atob(document.getElementById(id).textContent);
    const bytes = Uint8Array.from(packed, (sign) => sign.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(plain).text();
  }

  async function prepare() {
    if (!("DecompressionStream" in window)) {
      throw new Error("this browser cannot unpack them (Chrome 80, Firefox 113 and Safari 16.4 can)");
    }
    const [library, drawings] = await Promise.all([unpacked("library"), unpacked("charts")]);
    charts = JSON.parse(drawings);
    // Not from a blob's address, which the policy would have to allow for every script: text has a hash of its own.
    const script = document.createElement("script");
    script.textContent = library; // runs, as the page's policy names its hash
    document.head.append(script);
    script.remove();
    if (!window.Plotly) throw new Error("this browser does not run the charting library");
  }

  function show(isShown, reason) {
    document.getElementById("drawn").hidden = !isShown;
    const note = document.getElementById("undrawn");
    note.hidden = isShown;
    if (reason) note.querySelector("span").textContent = `The pictures are not drawn: ${reason}.`;
  }

  function themed({ layout, shares_time: sharesTime }) {
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--soft").trim();
    const grid = style.getPropertyValue("--line").trim();
    const paper = style.getPropertyValue("--panel").trim();
    const axis = { gridcolor: grid, linecolor: grid, zerolinecolor: grid, automargin: !sharesTime };
    const isNarrow = window.innerWidth < 640;
    const left = sharesTime ? Math.round(layout.margin.l * 0.85) : 48;
    return {
      ...layout,
      margin: isNarrow ? { ...layout.margin, l: left, r: 6 } : layout.margin,
      font: { color: ink, family: getComputedStyle(document.body).fontFamily, size: isNarrow ? 10 : 12 },
      xaxis: { ...axis, ...structuredClone(layout.xaxis) },
      yaxis: { ...axis, ...structuredClone(layout.yaxis) },
      hoverlabel: { bgcolor: paper, bordercolor: grid, font: { color: style.getPropertyValue("--ink").trim() } },
    };
  }

  async function draw(element) {
    const chart = charts[element.dataset.chart];
    // `react` draws the same element again (other colours, another repetition) and keeps its listeners.
    const isFirst = !drawn.has(element);
    drawn.set(element, chart);
    await Plotly.react(element, chart.data, themed(chart), options);
    if (!chart.shares_time) return;
    if (isFirst) element.on("plotly_relayout", () => zoomTogether(element));
    if (zoomed) await Plotly.relayout(element, { "xaxis.range": [...zoomed] });
  }

  function zoomTogether(element) {
    // Each chart that follows reports its own new range: without the comparison they would drive each other for ever.
    const range = element.layout.xaxis.range;
    if (zoomed && range.every((end, n) => end === zoomed[n])) return; // it followed another
    zoomed = [...range];
    for (const [follower, chart] of drawn) {
      if (follower !== element && chart.shares_time) Plotly.relayout(follower, { "xaxis.range": [...zoomed] });
    }
  }

  function redraw() {
    for (const element of drawn.keys()) draw(element);
  }

  function choose(select) {
    const element = document.getElementById(select.dataset.for);
    const { heading, height } = select.selectedOptions[0].dataset;
    element.dataset.chart = select.value;
    element.setAttribute("aria-label", heading);
    document.querySelector(`[data-heading-for="${select.dataset.for}"]`).textContent = heading;
    element.style.minHeight = `${height}px`;
    draw(element);
  }

  // A page may have dozens of timelines: drawn all at once, the first would have to wait for the last.
  function drawInTurn() {
    const inView = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) {
          inView.unobserve(entry.target);
          draw(entry.target);
        }
      }
    }, { rootMargin: "400px" });
    elements.forEach((element) => inView.observe(element));
    for (const select of document.querySelectorAll("select[data-for]")) {
      select.addEventListener("change", () => choose(select));
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    // Paper shows what nobody has scrolled to yet.
    window.addEventListener("beforeprint", () => elements.forEach(draw));
    window.addEventListener("afterprint", redraw);
  }

  if (elements.length) {
    show(true);
    prepare().then(drawInTurn).catch((error) => show(false, error.message));
  }

  // -- what is wider than its place can be scrolled from the keyboard

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  document.querySelectorAll(".wide, pre").forEach((box) => sizes.observe(box));

  // -- links and what is closed

  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!(target instanceof HTMLDetailsElement)) return;
    for (let fold = target; fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", openTarget);
  openTarget();

  const isOpen = (fold) => !fold || (fold.open && isOpen(fold.parentElement.closest("details")));

  function countClosed() {
    for (const note of document.querySelectorAll("[data-closed]")) {
      const closed = [...document.querySelectorAll(note.dataset.closed)].filter((fold) => !isOpen(fold)).length;
      note.textContent = closed;
      note.closest("p").hidden = closed === 0;
    }
  }

  window.addEventListener("beforeprint", countClosed);
  document.documentElement.dataset.ready = "yes";
})();

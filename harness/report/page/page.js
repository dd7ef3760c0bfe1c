// Draws the charts in the page's own colours, as each comes into view, and opens what a link leads to.
"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const drawn = new Map();
  const options = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

  function themed(layout) {
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--soft").trim();
    const grid = style.getPropertyValue("--line").trim();
    const paper = style.getPropertyValue("--panel").trim();
    const axis = { gridcolor: grid, linecolor: grid, zerolinecolor: grid, automargin: true };
    const isNarrow = window.innerWidth < 640;
    const margin = isNarrow ? { ...layout.margin, l: 48, r: 6 } : layout.margin;
    return {
      ...layout,
      margin,
      font: { color: ink, family: getComputedStyle(document.body).fontFamily, size: isNarrow ? 10 : 12 },
      xaxis: { ...axis, ...layout.xaxis },
      yaxis: { ...axis, ...layout.yaxis },
      hoverlabel: { bgcolor: paper, bordercolor: grid, font: { color: style.getPropertyValue("--ink").trim() } },
    };
  }

  function draw(element) {
    const chart = charts[element.dataset.chart];
    if (!chart) {
      element.closest("figure").hidden = true;
      return;
    }
    drawn.set(element, chart);
    Plotly.react(element, chart.data, themed(chart.layout), options);
  }

  function redraw() {
    for (const element of drawn.keys()) draw(element);
  }

  const elements = [...document.querySelectorAll(".chart")];
  for (const element of elements) {
    const chart = charts[element.dataset.chart];
    if (chart) element.style.minHeight = `${chart.layout.height}px`;
  }
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }
  }, { rootMargin: "400px" });
  elements.forEach((element) => seen.observe(element));

  for (const select of document.querySelectorAll("select[data-for]")) {
    select.addEventListener("change", () => {
      const element = document.getElementById(select.dataset.for);
      const said = select.selectedOptions[0].dataset.said;
      element.dataset.chart = select.value;
      element.setAttribute("aria-label", said);
      document.querySelector(`[data-said-for="${select.dataset.for}"]`).textContent = said;
      element.style.minHeight = `${charts[select.value].layout.height}px`;
      draw(element);
    });
  }

  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!(target instanceof HTMLDetailsElement)) return;
    for (let one = target; one; one = one.parentElement.closest("details")) one.open = true;
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", openTarget);
  openTarget();

  const isOpen = (one) => !one || (one.open && isOpen(one.parentElement.closest("details")));

  function countClosed() {
    for (const told of document.querySelectorAll("[data-closed]")) {
      const closed = [...document.querySelectorAll(told.dataset.closed)].filter((one) => !isOpen(one)).length;
      told.textContent = closed;
      told.closest("p").hidden = closed === 0;
    }
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", () => { countClosed(); elements.forEach(draw); });
  window.addEventListener("afterprint", redraw);
  document.documentElement.dataset.ready = "yes";
})();

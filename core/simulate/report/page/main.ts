/**
 * The page's script: decodes the jobs, draws the nodes of each run and follows the pointer. Bundled into one piece and
 * put into the page; runs in a browser only, and asks the network for nothing.
 */
import { layBars } from "./bars.ts";
import type { PageCanvas, PageDocument, PageElement, PageWindow, PointerInput } from "./dom.ts";
import { decodeJobs } from "./gantt-jobs.ts";
import { drawGantt, FRAME, type GanttRun, type Palette, viewOf } from "./gantt-picture.ts";
import { jobAt, jobWords } from "./job-words.ts";
import { ViewWindow } from "./view-window.ts";

declare const document: PageDocument;
declare const window: PageWindow;
declare function atob(text: string): string;

interface PageData {
  readonly fromS: number;
  readonly toS: number;
  /** In the order of the canvases. */
  readonly runs: readonly {
    readonly nodes: number;
    readonly cpus: number;
    readonly gpus: number;
    readonly jobs: number;
    readonly columns: string;
  }[];
}

interface Panel {
  readonly canvas: PageCanvas;
  readonly run: GanttRun;
}

const WHEEL_ZOOM = 0.0015;
const PIXELS_A_LINE = 16;
const STEP_ZOOM = 0.25;
const TIP_GAP = 14;

const data = JSON.parse(document.getElementById("rota-data")!.textContent!) as PageData;
const shown = new ViewWindow(data.fromS, data.toS);
const scratch = document.createElement("canvas");
const tip = document.getElementById("tip")!;
const panels: Panel[] = data.runs.map((run, at) => {
  const bytes = Uint8Array.from(atob(run.columns), (letter) => letter.charCodeAt(0));
  const jobs = decodeJobs(run.jobs, bytes);
  const canvas = document.getElementById(`gantt-${at}`) as PageCanvas;
  return { canvas, run: { jobs, bars: layBars(jobs, run), cluster: run } };
});
let isPrinting = false;
let isDrawPending = false;

for (const panel of panels) listen(panel);
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => {
    const how = button.dataset["zoom"];
    if (how === "all") shown.reset();
    else
      shown.zoom(
        0.5,
        0.5,
        how === "in" ? STEP_ZOOM : 1 / STEP_ZOOM,
        how === "in" ? STEP_ZOOM : 1 / STEP_ZOOM,
      );
    drawSoon();
  });
}
window.addEventListener("resize", drawSoon);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawSoon);
window.addEventListener("beforeprint", () => {
  isPrinting = true;
  draw();
});
window.addEventListener("afterprint", () => {
  isPrinting = false;
  draw();
});
draw();

function listen({ canvas, run }: Panel): void {
  let dragged: { x: number; y: number } | undefined;
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const turn = (event.deltaY || event.deltaX) * (event.deltaMode === 1 ? PIXELS_A_LINE : 1);
      const factor = Math.exp(turn * WHEEL_ZOOM);
      const { x, y } = shareOf(canvas, event);
      shown.zoom(x, y, event.shiftKey ? 1 : factor, event.shiftKey ? factor : 1);
      drawSoon();
    },
    { passive: false },
  );
  canvas.addEventListener("dblclick", (event) => {
    const { x, y } = shareOf(canvas, event);
    shown.zoom(x, y, STEP_ZOOM, STEP_ZOOM);
    drawSoon();
  });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    dragged = shareOf(canvas, event);
    tip.hidden = true;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      dragged = undefined;
    });
  }
  canvas.addEventListener("pointermove", (event) => {
    const at = shareOf(canvas, event);
    if (dragged === undefined) {
      point(canvas, run, event);
      return;
    }
    shown.pan(dragged.x - at.x, dragged.y - at.y);
    dragged = at;
    drawSoon();
  });
  canvas.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });
}

/** Where the pointer is, as shares of the picture. */
function shareOf(canvas: PageCanvas, event: PointerInput): { x: number; y: number } {
  const box = canvas.getBoundingClientRect();
  const width = canvas.clientWidth - FRAME.left - FRAME.right;
  const height = canvas.clientHeight - FRAME.top - FRAME.bottom;
  return {
    x: (event.clientX - box.left - FRAME.left) / width,
    y: (event.clientY - box.top - FRAME.top) / height,
  };
}

function point(canvas: PageCanvas, run: GanttRun, event: PointerInput): void {
  const { x, y } = shareOf(canvas, event);
  const view = viewOf(shown, run);
  const isInside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
  const timeS = view.fromS + (view.toS - view.fromS) * x;
  const job = isInside ? jobAt(run, timeS, view.top + (view.bottom - view.top) * y) : -1;
  tip.hidden = job < 0;
  if (job < 0) return;
  tip.textContent = jobWords(run, job, data.fromS);
  const fitsRight = event.clientX + TIP_GAP + tip.offsetWidth < window.innerWidth;
  const fitsBelow = event.clientY + TIP_GAP + tip.offsetHeight < window.innerHeight;
  tip.style["left"] =
    `${fitsRight ? event.clientX + TIP_GAP : Math.max(0, event.clientX - TIP_GAP - tip.offsetWidth)}px`;
  tip.style["top"] =
    `${fitsBelow ? event.clientY + TIP_GAP : Math.max(0, event.clientY - TIP_GAP - tip.offsetHeight)}px`;
}

/** At most one picture a frame, however many events come. */
function drawSoon(): void {
  if (isDrawPending) return;
  isDrawPending = true;
  window.requestAnimationFrame(() => {
    isDrawPending = false;
    draw();
  });
}

function draw(): void {
  document.documentElement.dataset["printing"] = isPrinting ? "yes" : "no";
  const palette = readPalette();
  panels.forEach(({ canvas, run }, at) => {
    const asBars = drawGantt(canvas, scratch, run, shown, palette, window.devicePixelRatio || 1);
    document.getElementById(`bars-key-${at}`)!.hidden = !asBars;
    document.getElementById(`use-key-${at}`)!.hidden = asBars;
  });
  for (const mark of document.querySelectorAll(".shown")) markShown(mark);
}

/** Shades, on a chart over the whole time, what the pictures below leave out. */
function markShown(mark: PageElement): void {
  const left = Number(mark.dataset["left"]);
  const width = Number(mark.dataset["width"]);
  const whole = shown.wholeToS - shown.wholeFromS;
  const from = left + ((shown.fromS - shown.wholeFromS) / whole) * width;
  mark.setAttribute("x", String(from));
  mark.setAttribute("width", String(Math.max(1, ((shown.toS - shown.fromS) / whole) * width)));
  mark.setAttribute("visibility", shown.toS - shown.fromS < whole * 0.999 ? "visible" : "hidden");
}

/** The colours are those of the style sheet, so that light, dark and print have their own. */
function readPalette(): Palette {
  const style = window.getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const channels = (name: string) =>
    colour(name).split(",").map(Number) as unknown as readonly [number, number, number];
  const classes = Number(document.documentElement.dataset["classes"]);
  return {
    ink: colour("--ink-soft"),
    faint: colour("--line"),
    idle: channels("--idle"),
    busy: channels("--busy"),
    classes: Array.from({ length: classes }, (_, at) => colour(`--class-${at}`)),
  };
}

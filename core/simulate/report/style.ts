/** The page's style sheet: light and dark by the reader's setting, light on paper. */

/** Colours of the runs, in the order of the command line; more runs begin again. */
export const RUN_COLOURS = 6;

/** From the smallest size class to the largest; classes between are mixed. */
const CLASS_STOPS = ["#a9cbe6", "#5b9fcb", "#3b8f8a", "#74a84c", "#cdb43c", "#dd8b3e", "#c4543f", "#8a3a63"];

/** `classes`: how many size classes have a colour. */
export const styleSheet = (classes: number): string => `
:root{color-scheme:light dark;${LIGHT}${classColours(classes)}}
@media (prefers-color-scheme:dark){:root:not([data-printing="yes"]){${DARK}}}
@page{size:A4 landscape;margin:12mm}
@media print{:root{${LIGHT}}.tools{display:none}figure,table,.waits{break-inside:avoid}h2{break-after:avoid}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:24px 28px 48px;background:var(--paper);color:var(--ink);font:13px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:20px;font-weight:600;margin:0 0 4px}
h2{font-size:14px;font-weight:600;margin:28px 0 6px}
h3{font-size:13px;font-weight:600;margin:0 0 6px;overflow-wrap:anywhere}
h4{font-size:12px;font-weight:400;color:var(--ink-soft);margin:8px 0 2px}
p{margin:4px 0;color:var(--ink-soft);max-width:100ch}
p.note,p:has(code){max-width:none}
code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:4px 10px 4px 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:400;color:var(--ink-soft);vertical-align:bottom;white-space:normal}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:14ch}
td.text,th.text{text-align:left}
.run{display:inline-block;width:9px;height:9px;margin-right:6px}
.runs{display:grid;gap:20px 24px;grid-template-columns:repeat(auto-fit,minmax(min(100%,var(--least)),1fr))}
figure{margin:0;min-width:0}
.plot{position:relative;height:104px;margin:4px 6px 34px 52px;border:1px solid var(--line)}
.plot svg{position:absolute;inset:0;width:100%;height:100%;display:block}
.plot span{position:absolute;font-size:11px;line-height:1;color:var(--ink-soft);white-space:nowrap}
.plot .y{right:100%;margin-right:5px;transform:translateY(50%)}
.plot .x{top:100%;margin-top:6px;transform:translateX(-50%)}
.plot .unit{top:100%;left:50%;margin-top:20px;transform:translateX(-50%)}
.plot path,.plot line{vector-effect:non-scaling-stroke}
.grid{stroke:var(--line);stroke-width:1}
.area{fill:var(--accent);opacity:.22}
.line{fill:none;stroke:var(--accent);stroke-width:1.3}
.second{fill:none;stroke:var(--ink-soft);stroke-width:1;stroke-dasharray:3 2}
.shown{fill:var(--ink);opacity:.1}
canvas{display:block;width:100%;cursor:crosshair;touch-action:none}
.key{display:flex;flex-wrap:wrap;gap:2px 14px;margin:2px 0 0 52px;font-size:11px;color:var(--ink-soft)}
.key[hidden]{display:none}
.key i{display:inline-block;width:10px;height:10px;margin-right:5px;vertical-align:-1px}
.ramp{width:90px!important;background:linear-gradient(90deg,rgb(var(--idle)),rgb(var(--busy)))}
.tools{margin:0 0 8px}
.hint{color:var(--ink-soft)}
button{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:3px;padding:1px 9px;margin-right:4px;cursor:pointer}
button:hover{border-color:var(--ink-soft)}
#tip{position:fixed;z-index:1;pointer-events:none;white-space:pre-line;background:var(--paper);border:1px solid var(--ink-soft);padding:5px 8px;font-size:12px;max-width:46ch}
#tip::first-line{font-weight:600}
.waits{width:100%;height:auto;display:block;font-size:11px}
.waits text{fill:var(--ink-soft)}
.waits .median{stroke:var(--paper);stroke-width:2}
${Array.from({ length: RUN_COLOURS }, (_, at) => `.r${at}{--run:var(--run-${at})}`).join("")}
.run{background:var(--run)}
.waits g{fill:var(--run);stroke:var(--run)}
.runs figure{--accent:var(--run)}
@media print{body{max-width:none;padding:0;font-size:10px}.wide{overflow:visible}th,td{padding-right:6px}.runs{--least:300px!important}}
`;

const LIGHT =
  "--paper:#fff;--ink:#1c2126;--ink-soft:#5a636c;--line:#d9dee2;--idle:236,240,243;--busy:23,84,143;" +
  "--run-0:#2368a8;--run-1:#c26a1b;--run-2:#2f8a63;--run-3:#9b4a8d;--run-4:#8a7a1f;--run-5:#b23a48;";
const DARK =
  "--paper:#14181b;--ink:#e3e7ea;--ink-soft:#9aa4ac;--line:#333b41;--idle:30,36,41;--busy:112,182,240;" +
  "--run-0:#69aee6;--run-1:#e69a55;--run-2:#5fc096;--run-3:#cf8bc4;--run-4:#c9b65a;--run-5:#e87f8a;";

const classColours = (classes: number): string =>
  Array.from(
    { length: classes },
    (_, at) => `--class-${at}:${mixed(classes < 2 ? 0.2 : at / (classes - 1))};`,
  ).join("");

/** The colour at a share, 0 to 1, of the way along the stops. */
function mixed(share: number): string {
  const place = share * (CLASS_STOPS.length - 1);
  const at = Math.min(CLASS_STOPS.length - 2, Math.floor(place));
  const [from, to] = [channels(CLASS_STOPS[at]!), channels(CLASS_STOPS[at + 1]!)];
  const parts = from.map((value, part) => Math.round(value + (to[part]! - value) * (place - at)));
  return `rgb(${parts.join(",")})`;
}

const channels = (hex: string): number[] =>
  [1, 3, 5].map((from) => Number.parseInt(hex.slice(from, from + 2), 16));

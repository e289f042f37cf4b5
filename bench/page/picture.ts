/** The picture: docs/performance.svg, a bar for each median, the scenarios' bars each by a scale of their own. */
import type { Results, ScenarioResult, SideResult } from '../results.ts';
import { ACTION, type Scenario } from '../scenario.ts';
import { isMoreBetter, MEASURES, median, shown } from './measures.ts';

const WIDTH = 920;
const EDGE = 16;
const LABEL_WIDTH = 150;
const COLUMN_WIDTH = (WIDTH - 2 * EDGE - LABEL_WIDTH) / 2;
/** What the number after a bar needs. */
const NUMBER_WIDTH = 90;
const LINE = 17;
const BAR = 11;
const GAP = 14;
const HEAD = 30;

/** A ground of its own, so that it can be read whatever page it is on; light or dark as the reader's system is. */
const STYLE = `
  text { font: 12px -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .ground { fill: #ffffff; stroke: #d1d9e0 } .title { font-weight: 600 } .faint { fill: #59636e }
  .own { fill: #0969da } .other { fill: #a5b0bb } .end { text-anchor: end }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .ground { fill: #0d1117; stroke: #3d444d } .faint { fill: #9198a1 }
    .own { fill: #4493f8 } .other { fill: #656c76 }
  }
`;

export function pictureText(results: Results, scenarios: readonly Scenario[]): string {
  const parts: string[] = [];
  let y = EDGE + HEAD;
  for (const scenario of scenarios) {
    const result = results.scenarios.find((each) => each.scenario === scenario.name);
    if (result === undefined) continue;
    const { lines, height } = group(scenario, result, y);
    parts.push(...lines);
    y += height + GAP;
  }
  const latencies = [...new Set(results.scenarios.flatMap(({ places }) => places.map(({ latency }) => latency)))];
  const heads = latencies.map((latency, at) => text(columnX(at), EDGE + LINE, headText(latency), 'faint'));
  const height = y + EDGE - GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>Medians of the benchmark: the action beside the others</title>
<style>${STYLE}</style>
<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>
${[...heads, ...parts].join('\n')}
</svg>
`;
}

function headText(latency: number): string {
  return latency === 0 ? 'AWS on the same machine' : `each answer ${latency} ms later`;
}

function columnX(at: number): number {
  return EDGE + LABEL_WIDTH + at * COLUMN_WIDTH;
}

/** A title, and below it a line for each side with a bar for each place. */
function group({ title, headline }: Scenario, { places }: ScenarioResult, top: number) {
  const values = places.flatMap(({ sides }) => sides.flatMap((side) => median(side, headline) ?? []));
  const scale = (COLUMN_WIDTH - NUMBER_WIDTH) / Math.max(...values, Number.MIN_VALUE);
  const measure = headline === 'seconds' ? '' : ` – ${MEASURES[headline].title}`;
  const heading = title + measure + (isMoreBetter(headline) ? ', more is better' : '');
  const lines = [text(EDGE, top + BAR, heading, 'title')];
  const names = [...new Set(places.flatMap(({ sides }) => sides.map(({ name }) => name)))];
  for (const [row, name] of names.entries()) {
    const y = top + (row + 1) * LINE;
    lines.push(text(EDGE + LABEL_WIDTH - 8, y + BAR, name, 'end'));
    for (const [at, { sides }] of places.entries()) {
      const side = sides.find((each) => each.name === name);
      if (side !== undefined) lines.push(...bar(side, headline, columnX(at), y, scale));
    }
  }
  return { lines, height: (names.length + 1) * LINE };
}

function bar(side: SideResult, headline: Scenario['headline'], x: number, y: number, scale: number): string[] {
  const value = median(side, headline);
  if (value === undefined) return [];
  const width = Math.max(1, value * scale).toFixed(1);
  const kind = side.name === ACTION ? 'own' : 'other';
  const number = text(x + Number(width) + 6, y + BAR, shown(value, headline), 'faint');
  return [`<rect class="${kind}" x="${x}" y="${y + 1}" width="${width}" height="${BAR}" rx="2"/>`, number];
}

function text(x: number, y: number, content: string, kind: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${escaped}</text>`;
}

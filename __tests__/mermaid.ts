/**
 * Mermaid's own parser, which needs a page: in the version that GitHub has, as far as is known. Its "tiny" build is one file,
 * with the kinds of diagrams that the action draws; the whole one brings a hundred packages more.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { JSDOM } from 'jsdom';

/** What the file sets; there are no types for it. */
interface Mermaid {
  parse(text: string): Promise<{ readonly diagramType: string }>;
  readonly mermaidAPI: { getDiagramFromText(text: string): Promise<{ readonly db: unknown }> };
}

const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document });
// A script of a page, no module.
const script = fileURLToPath(import.meta.resolve('@mermaid-js/tiny'));
runInThisContext(readFileSync(script, 'utf8'), script);
const { mermaid } = globalThis as unknown as { readonly mermaid: Mermaid };

/** An axis has a range, or labels. */
interface Axis {
  readonly title: string;
  readonly min?: number;
  readonly max?: number;
  readonly categories?: readonly string[];
}

/** A chart as Mermaid draws it. A line is its points' places and values. */
export interface DrawnChart {
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly (readonly (readonly [number, number])[])[];
  readonly colours: readonly string[];
}

/** The type of the diagram: `xychart`, `gantt`. Throws where Mermaid cannot read the text. */
export async function diagramType(text: string): Promise<string> {
  return (await mermaid.parse(text)).diagramType;
}

interface ChartData {
  readonly xAxis: Axis;
  readonly yAxis: Axis;
  readonly plots: readonly { readonly strokeFill: string; readonly data: readonly (readonly [string, number])[] }[];
}

/** What Mermaid makes of an xychart. */
export async function drawnChart(text: string): Promise<DrawnChart> {
  // Loads the readers of all kinds of diagrams.
  await mermaid.parse(text);
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
  const { xAxis, yAxis, plots } = (diagram.db as { getXYChartData: () => ChartData }).getXYChartData();
  return {
    x: xAxis,
    y: yAxis,
    lines: plots.map(({ data }) => data.map(([at, value]) => [Number(at), value] as const)),
    colours: plots.map(({ strokeFill }) => strokeFill),
  };
}

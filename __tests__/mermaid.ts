/** Mermaid's own parser, which needs a page: in the version that GitHub has, as far as is known. */
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import('mermaid');

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
  const { xAxis, yAxis, plots } = (diagram.db as unknown as { getXYChartData: () => ChartData }).getXYChartData();
  return {
    x: xAxis,
    y: yAxis,
    lines: plots.map(({ data }) => data.map(([at, value]) => [Number(at), value] as const)),
    colours: plots.map(({ strokeFill }) => strokeFill),
  };
}

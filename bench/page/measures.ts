/** How measures are called and written. */
import type { Measure, Sample, SideResult } from '../results.ts';
import { type Spread, spreadOf } from '../statistics.ts';

interface Words {
  /** Of a column. */
  readonly title: string;
  /** After a number. */
  readonly unit: string;
}

/** In the order of the columns. */
export const MEASURES: Readonly<Record<Measure, Words>> = {
  seconds: { title: 'time', unit: ' s' },
  memory: { title: 'memory', unit: ' MiB' },
  cpu: { title: 'processor', unit: ' s' },
  calls: { title: 'calls', unit: '' },
  linesPerSecond: { title: 'lines a second', unit: '' },
  callsPerSecond: { title: 'calls a second', unit: '' },
  lag: { title: 'lag, median', unit: ' s' },
  worstLag: { title: 'lag of 99 in 100', unit: ' s' },
  lost: { title: 'lines lost', unit: '' },
};
const ALL = Object.keys(MEASURES) as Measure[];

/** Measures of which less is worse. */
const MORE_IS_BETTER: readonly Measure[] = ['linesPerSecond'];

export function isMoreBetter(measure: Measure): boolean {
  return MORE_IS_BETTER.includes(measure);
}

/** Those that a side has, in the order of the columns. */
export function measuresOf(sides: readonly SideResult[]): Measure[] {
  const samples: Sample[] = sides.flatMap(({ runs }) => runs);
  return ALL.filter((measure) => samples.some((sample) => sample[measure] !== undefined));
}

/** Undefined where no run has the measure. */
export function spread(side: SideResult | undefined, measure: Measure): Spread | undefined {
  return spreadOf((side?.runs ?? []).flatMap((run) => run[measure] ?? []));
}

export function median(side: SideResult | undefined, measure: Measure): number | undefined {
  return spread(side, measure)?.median;
}

/** With its unit, to three digits. */
export function shown(value: number, measure: Measure): string {
  return digits(value) + MEASURES[measure].unit;
}

/** `MEDIAN (LEAST–MOST)`, or the median alone where all are shown the same. */
export function shownSpread(values: Spread | undefined, measure: Measure): string {
  if (values === undefined) return '–';
  const [least, most] = [digits(values.least), digits(values.most)];
  return shown(values.median, measure) + (least === most ? '' : ` (${least}–${most})`);
}

function digits(value: number): string {
  const decimals = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const text = value.toFixed(Math.min(decimals, 3));
  const [whole = '', part = ''] = text.split('.');
  const cut = part.replace(/0+$/, '');
  return Number(whole).toLocaleString('en-US') + (cut === '' ? '' : `.${cut}`);
}

/** Decides which metrics share a chart: `loss` and `val_loss`, `train:acc` and `validation:acc`. */

import { rangeOf } from './resample.ts';
import { AXES, type MetricSeries } from './series.ts';

/** As many colours can be told apart. */
const MOST_LINES = 4;
/** The greatest absolute values differ by no more than this factor. */
const FACTOR = 10;
/** Each has at least this part of the whole x-axis. A line is level where it has no points. */
const SHARED = 2 / 3;

/** Series of one chart, sorted by name. */
export type Family = readonly [MetricSeries, ...MetricSeries[]];

/** Those with two points or more. Families of several come first, since one compares them. */
export function familiesOf(series: readonly MetricSeries[]): Family[] {
  const families: [MetricSeries, ...MetricSeries[]][] = [];
  for (const each of series.filter(isLine)) {
    const family = families.find((some) => some.length < MOST_LINES && belongs(each, some));
    if (family === undefined) families.push([each]);
    else family.push(each);
  }
  const [several, alone] = [families.filter(({ length }) => length > 1), families.filter(({ length }) => length === 1)];
  return [...several, ...alone];
}

/** `loss` of `val_loss`, `eval/loss` and `valLoss`. */
export function lastWord(name: string): string {
  const words = name.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2').split(/[^\p{L}\p{N}]+/u);
  return words.findLast((word) => word !== '')?.toLowerCase() ?? '';
}

function isLine({ name, points }: MetricSeries): boolean {
  return points.length > 1 && !AXES.some((axis) => axis === name);
}

function belongs(series: MetricSeries, family: readonly MetricSeries[]): boolean {
  return (
    family.every(({ name, axis }) => lastWord(name) === lastWord(series.name) && axis === series.axis) &&
    family.every((each) => isNear(greatest(each), greatest(series))) &&
    haveOneRange([...family, series])
  );
}

function greatest({ min, max }: MetricSeries): number {
  return Math.max(Math.abs(min), Math.abs(max));
}

function isNear(a: number, b: number): boolean {
  return Math.max(a, b) <= FACTOR * Math.min(a, b) || Math.min(a, b) === 0;
}

function haveOneRange(series: readonly MetricSeries[]): boolean {
  const all = rangeOf(series.map(({ points }) => points));
  return series.every((each) => {
    const { from, to } = rangeOf([each.points]);
    return to - from >= SHARED * (all.to - all.from);
  });
}

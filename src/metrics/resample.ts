/**
 * Puts a line's points at equal distances. Mermaid's xychart draws the values of a line so, from the one end of the x-axis
 * to the other: https://mermaid.js.org/syntax/xyChart.html
 */

import type { MetricPoint } from './series.ts';

/** The most points of a line: about five pixels apart. */
const MOST = 97;
/** How far points can be from equal distances, as a part of a distance. */
const TOLERANCE = 1e-3;

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** From the first to the last place. */
export function rangeOf(lines: readonly (readonly MetricPoint[])[]): Range {
  const places = lines.flatMap((line) => line.map(({ at }) => at));
  return { from: places.reduce((a, b) => Math.min(a, b)), to: places.reduce((a, b) => Math.max(a, b)) };
}

/** In order of their places; of several points at one place the last. */
export function inPlace(points: readonly MetricPoint[]): MetricPoint[] {
  const last = new Map(points.map((point) => [point.at, point]));
  return [...last.values()].sort((a, b) => a.at - b.at);
}

/**
 * How many points the lines of a chart get. `lines`: each in order. `axis`: the numbers that Mermaid reads for the range of
 * all of them.
 */
export function gridOf(lines: readonly (readonly MetricPoint[])[], axis: Range): number {
  const length = evenLength(lines);
  if (length !== undefined && length <= MOST && endsAtRange(length, axis)) return length;
  let count = MOST;
  // Versions before 11.17 add the distance up, and lose the last point when the sum exceeds the range.
  while (count > 2 && !endsAtRange(count, axis)) count -= 1;
  return count;
}

/** How many points each line has, if all have theirs at the same places and at equal distances. */
function evenLength(lines: readonly (readonly MetricPoint[])[]): number | undefined {
  const [length = 0, range] = [lines[0]?.length, rangeOf(lines)];
  const isEven = lines.every(
    (line) => line.length === length && line.every(({ at }, number) => isAt(at, number, length, range)),
  );
  return isEven ? length : undefined;
}

function isAt(at: number, number: number, count: number, { from, to }: Range): boolean {
  const distance = (to - from) / (count - 1);
  return Math.abs(at - (from + number * distance)) <= TOLERANCE * distance;
}

function endsAtRange(count: number, { from, to }: Range): boolean {
  const distance = (to - from) / (count - 1);
  let reached = 0;
  for (let at = from; at <= to && reached <= count; at += distance) reached += 1;
  return reached === count;
}

/**
 * The values of a line at `count` places of the range. Between its points it is straight, outside of them level. Where several
 * points are near one place, it takes the one that stands out most, so that peaks and noise stay.
 * The rule is that of largest triangles: https://skemman.is/handle/1946/15343
 */
export function evenly(line: readonly MetricPoint[], count: number, { from, to }: Range): number[] {
  const distance = (to - from) / (count - 1);
  const near: MetricPoint[][] = Array.from({ length: count }, () => []);
  for (const point of line)
    near[Math.min(count - 1, Math.max(0, Math.round((point.at - from) / distance)))]?.push(point);
  const means = near.map(mean);
  let before = line[0];
  let passed = 0;
  return near.map((points, number) => {
    const place = from + number * distance;
    const around = line.slice(Math.max(0, passed - 1), passed + points.length + 1);
    passed += points.length;
    const next = means.slice(number + 1).find((each) => each !== undefined);
    const end = number === 0 ? points[0] : number === count - 1 ? points.at(-1) : undefined;
    const chosen = end ?? standingOut(points, before, next);
    if (chosen === undefined) return between(line, place);
    before = chosen;
    return moved(chosen, place, slope(means[number - 1], means[number + 1]), around);
  });
}

/** The value of a point that goes to a place along the line's course there, within what the line has around it. */
function moved(point: MetricPoint, place: number, slope: number, around: readonly MetricPoint[]): number {
  const values = around.map(({ value }) => value);
  return Math.min(Math.max(...values), Math.max(Math.min(...values), point.value + slope * (place - point.at)));
}

function slope(left: MetricPoint | undefined, right: MetricPoint | undefined): number {
  return left === undefined || right === undefined ? 0 : (right.value - left.value) / (right.at - left.at);
}

function mean(points: readonly MetricPoint[]): MetricPoint | undefined {
  if (points.length === 0) return undefined;
  const sum = (of: (point: MetricPoint) => number): number => points.reduce((total, point) => total + of(point), 0);
  return { at: sum(({ at }) => at) / points.length, value: sum(({ value }) => value) / points.length };
}

function standingOut(
  points: readonly MetricPoint[],
  before: MetricPoint | undefined,
  next: MetricPoint | undefined,
): MetricPoint | undefined {
  const area = (point: MetricPoint): number => {
    if (before === undefined || next === undefined) return 0;
    return Math.abs(
      (point.at - before.at) * (next.value - before.value) - (next.at - before.at) * (point.value - before.value),
    );
  };
  return points.reduce<MetricPoint | undefined>(
    (best, point) => (best === undefined || area(point) > area(best) ? point : best),
    undefined,
  );
}

function between(line: readonly MetricPoint[], place: number): number {
  const after = line.findIndex(({ at }) => at >= place);
  const [left, right] = after < 0 ? [line.at(-1), undefined] : [line[after - 1], line[after]];
  if (left === undefined || right === undefined) return (left ?? right)?.value ?? 0;
  return left.value + ((right.value - left.value) * (place - left.at)) / (right.at - left.at);
}

/** A job's phases as a gantt chart of mermaid: https://mermaid.js.org/syntax/gantt.html */

import { PHASE_NAMES, type Phase, type PhaseName } from './job-report.ts';

/** The row's name, and how mermaid colours the bars. Only these words and numbers are in the chart. */
const ROWS: Readonly<Record<PhaseName, readonly [label: string, tag: string]>> = {
  waiting: ['Waiting', 'done, '],
  downloading: ['Downloading', ''],
  training: ['Training', 'active, '],
  interrupted: ['Interrupted', 'crit, '],
  stopping: ['Stopping', 'crit, '],
  uploading: ['Uploading', ''],
};
/** A chart of more phases is too small to read. */
const MOST_PHASES = 100;
/** Of two bars in a row, one that takes less than this part of the chart has no room for its length of time. */
const NARROW = 0.15;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Below so many seconds in total, the axis has this format of d3: https://d3js.org/d3-time-format */
const AXES: readonly (readonly [below: number, format: string])[] = [
  [5 * MINUTE, '%H:%M:%S'],
  [DAY, '%H:%M'],
  [3 * DAY, '%a %Hh'],
  [Number.POSITIVE_INFINITY, '%b %d'],
];
/** A phone shows no more. */
const MOST_TICKS = 5;
const TICKS: readonly (readonly [seconds: number, text: string])[] = [
  ...[1, 2, 5, 10, 20, 30].map((n) => [n, `${n}second`] as const),
  ...[1, 2, 5, 10, 15, 30].map((n) => [n * MINUTE, `${n}minute`] as const),
  ...[1, 2, 3, 6, 12].map((n) => [n * HOUR, `${n}hour`] as const),
  ...[1, 2].map((n) => [n * DAY, `${n}day`] as const),
  ...[1, 2].map((n) => [n * 7 * DAY, `${n}week`] as const),
];

/** Markdown; empty if no phase is known. The axis has the reader's own time, as GitHub's pages have. */
export function timeline(phases: readonly Phase[]): string {
  if (phases.length === 0 || phases.length > MOST_PHASES) return '';
  const total = phases.reduce((sum, { seconds }) => sum + seconds, 0);
  const rows = PHASE_NAMES.flatMap((name) => {
    const own = phases.filter((phase) => phase.name === name);
    const [label, tag] = ROWS[name];
    const bars = own.map((phase) => bar(phase, tag, own.length === 1 || phase.seconds / total >= NARROW));
    return bars.length === 0 ? [] : [`  section ${label}`, ...bars];
  });
  const chart = [
    ...['---', 'displayMode: compact', 'config:', '  gantt:', '    leftPadding: 90', '---'],
    ...['gantt', '  dateFormat x', `  axisFormat ${AXES.find(([below]) => total < below)?.[1]}`],
    ...[
      `  tickInterval ${TICKS.find(([seconds]) => total / seconds <= MOST_TICKS)?.[1] ?? '4week'}`,
      '  todayMarker off',
    ],
    ...rows,
  ];
  return ['```mermaid', ...chart, '```'].join('\n');
}

function bar({ start, seconds }: Phase, tag: string, labelled: boolean): string {
  const from = Date.parse(start);
  // Mermaid wants a name. A space of no width is one that nobody sees.
  return `  ${labelled ? roughly(seconds) : '\u200b'} :${tag}${from}, ${from + Math.round(seconds * 1000)}`;
}

/** The two greatest units: `5 d`, `1 h 57 m`, `0.4 s`. */
function roughly(seconds: number): string {
  if (seconds < 9.5) return `${Number(seconds.toFixed(1))} s`;
  const unit = seconds >= DAY ? HOUR : seconds >= HOUR ? MINUTE : 1;
  const rounded = Math.round(seconds / unit) * unit;
  const parts = [
    [Math.floor(rounded / DAY), 'd'],
    [Math.floor(rounded / HOUR) % 24, 'h'],
    [Math.floor(rounded / MINUTE) % 60, 'm'],
    [rounded % 60, 's'],
  ] as const;
  return parts.flatMap(([count, name]) => (count === 0 ? [] : [`${count} ${name}`])).join(' ');
}

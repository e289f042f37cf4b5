/** The page: docs/performance.md, from results and what the scenarios say of themselves. */
import GithubSlugger from 'github-slugger';
import type { Machine, PlaceResult, Results, ScenarioResult, SideResult } from '../results.ts';
import { ACTION, type Scenario } from '../scenario.ts';
import { MEASURES, measuresOf, median, shown, shownSpread, spread } from './measures.ts';
import { type Verdict, verdictOf } from './targets.ts';

/** Of a machine that does nothing else. */
const QUIET_LOAD = 1;

const HEAD = `# Performance

<!-- \`npm run bench\` writes this page from performance.json. -->

How fast the action is, beside what a user would take instead: measured on one machine, in one run, in turn.
[How it is measured](#how-it-is-measured) · [Machine and versions](#machine-and-versions)

![Bars: each scenario's medians, the action's beside the others'](performance.svg)
`;

const HOW = `## How it is measured

\`npm run bench\` measures all of it anew and writes this page, its picture and [the numbers](performance.json). \`npm run bench -- NAME…\`
measures some scenarios, by the names above their tables, and leaves the others as they were; \`--rounds N\` repeats more often. What it needs beside Node, Python, git
and Go it fetches below \`.cache/\`. No number here is written by hand.

- **The action** is \`dist/index.js\` of this commit, as a process with the variables that a runner gives it.
- **AWS** is [the stand-in](local.md), and for objects [versitygw](https://github.com/versity/versitygw), to which all clients send directly. They
  run on the same machine and share its processors with what is measured, so times say which is faster, and less how long it would take at AWS.
- **Distance.** With 0 ms everything is on this machine. With 25 ms [toxiproxy](https://github.com/Shopify/toxiproxy) holds each answer back by that time;
  opening a connection takes no longer.
- **Rounds.** After a warm-up, which fills the caches of the disk for all, each round runs every side once, beginning with another one. Numbers are
  medians; the least and the most are in brackets. Before each run the disk's unwritten data is written.
- **Memory** is the most that any one process of a command had resident, **processor** the seconds of processors that the command and its
  processes took, both as the kernel counts them. The servers' are not in it.
- **Calls** are requests to AWS's APIs, counted in the logs of stand-in and S3 server.
- **The others** run in the versions below, each as its documentation shows it, with the flags that are shown. Their times are those of whole
  processes: the action starts as one for each step, too.
`;

export function pageText(results: Results, scenarios: readonly Scenario[]): string {
  const measured = scenarios.flatMap((scenario) => {
    const result = results.scenarios.find((each) => each.scenario === scenario.name);
    return result === undefined ? [] : [{ scenario, result }];
  });
  const sections = measured.map(({ scenario, result }) => section(scenario, result));
  const warnings = warningsOf(measured.map(({ result }) => result));
  const rows = measured.flatMap(({ scenario, result }) => summaryRows(scenario, result));
  const summary = table(['what', 'distance', ACTION, 'the others', 'to reach', ''], rows);
  return `${[HEAD, ...warnings, `${summary}\n`, ...sections, HOW, machinesText(results)].join('\n')}`;
}

/** What makes the numbers worth less. */
function warningsOf(results: readonly ScenarioResult[]): string[] {
  const quick = results.filter((result) => result.quick).map(({ scenario }) => scenario);
  const busy = results
    .filter(({ places }) => places.some(({ load }) => load > QUIET_LOAD))
    .map(({ scenario }) => scenario);
  const lines = [
    ...(quick.length > 0
      ? [`Measured with small sizes, by \`--quick\`, which says nothing about speed: ${quick.join(', ')}.`]
      : []),
    ...(busy.length > 0
      ? [`**The machine was busy** with other work, so times are longer and lie further apart: ${busy.join(', ')}.`]
      : []),
  ];
  return lines.map((line) => `> ${line}\n`);
}

function summaryRows({ title, headline, targets }: Scenario, { places }: ScenarioResult): string[][] {
  return places.map((place) => {
    const own = place.sides.find(({ name }) => name === ACTION);
    const others = place.sides.filter((side) => side !== own);
    const verdicts = targets.flatMap((target) => verdictOf(target, place) ?? []);
    return [
      `[${title}](#${slug(title)})`,
      `${place.latency} ms`,
      `**${brief(own, headline)}**`,
      others.map((side) => `${side.name} ${brief(side, headline)}`).join('<br>') || 'none does it',
      verdicts.map(({ target }) => target).join('<br>'),
      verdicts.map(verdictText).join('<br>'),
    ];
  });
}

function brief(side: SideResult | undefined, headline: Scenario['headline']): string {
  const value = median(side, headline);
  if (value === undefined) return '–';
  const { unit, title } = MEASURES[headline];
  return shown(value, headline) + (unit === '' ? ` ${title}` : '');
}

function verdictText({ reached, has }: Verdict): string {
  return reached ? `✔ ${has}` : `✘ ${has}`;
}

function section(scenario: Scenario, result: ScenarioResult): string {
  const { title, what, name, targets, missed } = scenario;
  const measures = measuresOf(result.places.flatMap(({ sides }) => sides));
  const head = ['', 'distance', ...measures.map((measure) => MEASURES[measure].title)];
  const rows = result.places.flatMap(({ latency, sides }) =>
    sides.map((side) => [
      side.name,
      `${latency} ms`,
      ...measures.map((measure) => shownSpread(spread(side, measure), measure)),
    ]),
  );
  const commands = (result.places[0]?.sides ?? []).map((side) => `- ${side.name}: \`${side.command}\``);
  const isMissed = result.places.some((place) => targets.some((target) => verdictOf(target, place)?.reached === false));
  const parts = [
    `## ${title}\n`,
    `${what}\n`,
    `\`npm run bench -- ${name}\`: ${measuredText(result)}\n`,
    `${table(head, rows)}\n`,
    ...(isMissed && missed !== undefined ? [`${missed}\n`] : []),
    ...(result.leftOut.length > 0
      ? [`Left out: ${result.leftOut.map(({ what, why }) => `${what} (${why})`).join(', ')}.\n`]
      : []),
    `${commands.join('\n')}\n`,
  ];
  return parts.join('\n');
}

function measuredText({ date, places }: ScenarioResult): string {
  const counts = places.map((place) => Math.max(...place.sides.map(({ runs }) => runs.length)));
  const loads = places.map(loadText);
  return `${date}, ${Math.max(...counts)} rounds, load at the start ${loads.join(' and ')}.`;
}

function loadText({ load }: PlaceResult): string {
  return load.toFixed(2);
}

/** Scenarios that were measured on another machine or with other versions stand apart. */
function machinesText({ scenarios }: Results): string {
  const groups = Map.groupBy(scenarios, ({ machine, versions }) => JSON.stringify([machine, versions]));
  const parts = [...groups.values()].map((group) => {
    const [first] = group;
    if (first === undefined) return '';
    const names = groups.size > 1 ? [['scenarios', group.map(({ scenario }) => scenario).join(', ')]] : [];
    return table(['', ''], [...names, ...machineRows(first.machine), ...Object.entries(first.versions)]);
  });
  return `## Machine and versions\n\n${parts.join('\n\n')}\n`;
}

function machineRows({ processor, cores, memoryGib, system }: Machine): string[][] {
  return [
    ['processor', `${processor}, ${cores} cores`],
    ['memory', `${memoryGib} GiB`],
    ['system', system],
  ];
}

function slug(title: string): string {
  return new GithubSlugger().slug(title);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

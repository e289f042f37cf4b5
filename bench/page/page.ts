/** The page: docs/performance.md, from results and what the scenarios say of themselves. */
import GithubSlugger from 'github-slugger';
import type { Machine, Results, ScenarioResult, SideResult } from '../results.ts';
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

\`npm run bench\` measures all of it anew, and writes this page, its picture and [the numbers](performance.json).
\`npm run bench -- NAME…\` measures some scenarios, by the names below their headings, and leaves the others as they are;
\`--rounds N\` repeats more often. Peers and servers are fetched below \`.cache/\`. No number here is written by hand.

- **The action** is \`dist/index.js\` of the commit below, as a process with the variables that a runner gives it.
- **AWS** is [the stand-in](local.md), and for objects [versitygw](https://github.com/versity/versitygw), to which all clients send
  directly. They run on the same machine and share its processors with what is measured: times compare the sides, and say
  less about AWS itself.
- **Distance**: with 0 ms everything is on this machine. With 25 ms [toxiproxy](https://github.com/Shopify/toxiproxy) holds each answer back by
  that time; opening a connection takes no longer.
- **Rounds**: after a warm-up, which fills the caches of the disk for all, each round runs every side once, beginning with
  another one. Numbers are medians, with the least and the most in brackets. What the disk has not written yet is written
  before each run.
- **Until the job**: for the action, uploads take from the start of the process until the request for the training job
  arrived. That is a whole step, with its code, its role and its history, from which nothing is subtracted; the first
  scenario says what it takes without data. For the others it is the whole command, which only sends.
- **Memory** is the most that any one process of a command had resident, **processor** the seconds of processors that the
  command took, both as the kernel counts them. The servers' are not in it.
- **Calls** are requests to AWS's APIs, counted in the logs of the stand-in and the S3 server.
- **The others** have the versions below and the flags that are shown, else their defaults. A program starts for each run,
  as the action does for each step.
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
  const named = (found: readonly ScenarioResult[]): string => found.map(({ scenario }) => scenario).join(', ');
  const quick = results.filter((result) => result.quick);
  const busy = results.filter(({ load }) => load > QUIET_LOAD);
  const lines: string[] = [];
  if (quick.length > 0) lines.push(`Measured with small sizes, which say nothing about speed: ${named(quick)}.`);
  if (busy.length > 0)
    lines.push(`**The machine was busy** with other work, so times are longer and lie further apart: ${named(busy)}.`);
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
      others.map((side) => `${side.name} ${brief(side, headline)}`).join('<br>') || '–',
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

function measuredText({ date, load, places }: ScenarioResult): string {
  const rounds = Math.max(...places.flatMap(({ sides }) => sides.map(({ runs }) => runs.length)));
  return `${date}, ${rounds === 1 ? 'one round' : `${rounds} rounds`}, load ${load.toFixed(1)} before.`;
}

/** What all scenarios have in common once; where they differ, with their names. */
function machinesText({ scenarios }: Results): string {
  const facts = scenarios.flatMap(({ scenario, machine, versions }) =>
    Object.entries({ ...machineFacts(machine), ...versions }).map(([name, value]) => ({ scenario, name, value })),
  );
  const rows = [...Map.groupBy(facts, ({ name }) => name)].map(([name, told]) => {
    const values = [...Map.groupBy(told, ({ value }) => value)];
    const shownValues = values.map(([value, by]) =>
      values.length === 1 ? value : `${value} (${by.map(({ scenario }) => scenario).join(', ')})`,
    );
    return [name, shownValues.join('<br>')];
  });
  return `## Machine and versions\n\n${table(['', ''], rows)}\n`;
}

function machineFacts({ processor, cores, memoryGib, system }: Machine): Record<string, string> {
  return { processor: `${processor}, ${cores} cores`, memory: `${memoryGib} GiB`, system };
}

function slug(title: string): string {
  return new GithubSlugger().slug(title);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

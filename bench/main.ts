/** `npm run bench`: measures the action beside what a user would take instead, and writes docs/performance.md anew. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { load } from './machine.ts';
import { measureScenario } from './measure-scenario.ts';
import { type Options, readOptions, UsageError } from './options.ts';
import { pageText } from './page/page.ts';
import { pictureText } from './page/picture.ts';
import { endMeasured } from './process.ts';
import { merged, type Results, resultsText, type ScenarioResult } from './results.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { Aws } from './servers/aws.ts';
import { findTools } from './tools.ts';

const root = join(import.meta.dirname, '..');
const NAMES = SCENARIOS.map(({ name }) => name);
const say = (text: string): void => console.log(text);

try {
  await bench(readOptions(process.argv.slice(2), NAMES));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function bench(options: Options): Promise<void> {
  const to = resolve(options.to ?? join(root, 'docs'));
  const file = join(to, 'performance.json');
  const old: Results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { scenarios: [] };
  mkdirSync(to, { recursive: true });
  const write = (results: Results): void => {
    writeFileSync(file, resultsText(results));
    writeFileSync(join(to, 'performance.md'), pageText(results, SCENARIOS));
    writeFileSync(join(to, 'performance.svg'), pictureText(results, SCENARIOS));
  };
  if (!options.page) await measure(options, (fresh) => write(merged(old, fresh, NAMES)));
  else write(old);
  say(`Written: ${join(to, 'performance.md')}`);
}

/** The page keeps what it has of a scenario. */
function failed(name: string, error: unknown): undefined {
  console.error(`${name} failed:`, error);
  process.exitCode = 1;
}

/** Writes after each scenario, so that what was measured is kept if a later one fails. */
async function measure(options: Options, write: (fresh: readonly ScenarioResult[]) => void): Promise<void> {
  const before = load();
  const scenarios = SCENARIOS.filter(({ name }) => options.names.includes(name));
  const tools = await findTools(new Set(scenarios.flatMap(({ peers }) => peers)), options.alone, say);
  const cache = join(root, '.cache', 'bench');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'run-'));
  let aws: Aws | undefined;
  let interruption: NodeJS.Signals | undefined;
  // What is under way then fails, and the loop below ends.
  const interrupt = (signal: NodeJS.Signals): void => {
    interruption = signal;
    endMeasured();
    void aws?.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  try {
    aws = await Aws.start(tools, folder);
    const fresh: ScenarioResult[] = [];
    for (const scenario of scenarios) {
      const means = { tools, aws, folder: join(folder, scenario.name), options, load: before, say };
      const result = await measureScenario(scenario, means).catch((error: unknown) => failed(scenario.name, error));
      if (interruption !== undefined) break;
      if (result !== undefined) fresh.push(result);
      write(fresh);
    }
  } finally {
    await aws?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (interruption !== undefined) process.exitCode = 128 + constants.signals[interruption];
}

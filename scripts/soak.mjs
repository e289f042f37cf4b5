// Short runs with random faults, several at once on one task among them: `npm run soak -- --runs N [--seed S]`. The first run has the
// seed S, each next one a higher seed. A run that breaks a promise prints the line that repeats it. What was done is in
// `.cache/soak.json`: the same command goes on where it was interrupted, without `--seed` too, and makes failed runs again when
// all were made. `--fresh`: begins anew, and leaves that file alone. `--verbose`: prints the logs of all runs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Lanes } from '../__tests__/action/faults/lanes.ts';
import { soakRun } from '../__tests__/action/faults/soak-run.ts';
import { after, begin, toDo } from '../__tests__/action/faults/soak-state.ts';

const root = join(import.meta.dirname, '..');
const STATE = join(root, '.cache', 'soak.json');
const flag = { type: 'boolean' };
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '100' }, seed: { type: 'string' }, verbose: flag, fresh: flag },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs}: a number of runs is expected`);

function earlier() {
  if (values.fresh) return undefined;
  try {
    return JSON.parse(readFileSync(STATE, 'utf8'));
  } catch {
    return undefined;
  }
}

const seed = values.seed === undefined ? undefined : Number(values.seed);
if (seed !== undefined && !Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed}: a number is expected`);
let state = begin(earlier(), runs, seed, Math.floor(Math.random() * 1e9));
const seeds = toDo(state);
console.log(`Seeds ${state.seed} to ${state.seed + runs - 1}, ${runs - seeds.length} of ${runs} are done.`);
mkdirSync(join(root, '.cache'), { recursive: true });
// A run waits as long as it works.
const lanes = await Lanes.open(Math.min(seeds.length, 2 * availableParallelism() + 1));
const begun = Date.now();
await Promise.all(
  seeds.map((seed) =>
    lanes.use(async (aws) => {
      const { broken, plan, log } = await soakRun(aws, seed).catch((error) => ({
        ...{ plan: '', log: '', broken: [`the run could not be made: ${error.stack}`] },
      }));
      state = after(state, seed, broken.length === 0);
      if (!values.fresh) writeFileSync(STATE, JSON.stringify(state));
      if (broken.length > 0)
        console.log([`FAILED ${plan}`, ...broken, `Repeat it: npm run soak -- --runs 1 --seed ${seed}`].join('\n'));
      if (broken.length > 0 || values.verbose) console.log(log);
      const count = state.done.length + state.failed.length;
      if (count % 20 === 0)
        console.log(`${count} of ${runs}, ${state.failed.length} failed, ${Math.round((Date.now() - begun) / 1000)} s`);
    }),
  ),
);
await lanes.close();
console.log(
  `${state.done.length} of ${runs} runs kept all promises.${state.failed.length > 0 ? ` Failed: ${state.failed.join(', ')}` : ''}`,
);
process.exitCode = state.failed.length > 0 ? 1 : 0;

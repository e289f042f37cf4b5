/** What a step costs before it does anything. */
import { DIST } from '../commands.ts';
import { measured } from '../process.ts';
import { ACTION, type Bench, type Scenario, type Side } from '../scenario.ts';

const NODE = 'bare Node';

export const start: Scenario = {
  name: 'start',
  title: 'Start of the bundle',
  what:
    'From the start of the process to its end, without inputs: the step says which ones are missing. Beside it, Node with ' +
    'an empty program.',
  headline: 'seconds',
  latencies: [0],
  repeat: 5,
  targets: [{ measure: 'seconds', most: 5, times: NODE }],
  missed: 'Node itself is the bound; above it the code of the bundle is read, compiled and run.',
  peers: [],
  open: async (bench) => [
    side(bench, ACTION, 'node dist/index.js', [DIST]),
    side(bench, NODE, "node -e ''", ['-e', '']),
  ],
};

function side(bench: Bench, name: string, command: string, args: readonly string[]): Side {
  const words = [process.execPath, ...args];
  const run = async () => (await measured(bench, { words, cwd: bench.folder, env: {}, mayFail: true })).sample;
  return { name, command, run };
}

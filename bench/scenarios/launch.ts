/** From the start of the process to the request for the training job. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAction, runPeer, shownCommand, shownStep } from '../commands.ts';
import { launched } from '../launched.ts';
import type { Sample } from '../results.ts';
import { ACTION, type Bench, FASTEST, type Run, type Scenario, type Side } from '../scenario.ts';
import { ROLE } from '../servers/aws.ts';
import type { Peer } from '../tools.ts';

const INPUTS = {
  task: '$TASK',
  'source-dir': 'code',
  entrypoint: 'train.py',
  hyperparameters: 'epochs=3',
  wait: 'false',
};
/** The number of a round that comes before all others. */
const BEFORE = 99;
const PEERS: readonly { readonly name: string; readonly peer: Peer; readonly words: readonly string[] }[] = [
  { name: 'SageMaker SDK v3', peer: 'sdk3', words: ['python', '$DRIVERS/sdk3_launch.py', '$TASK', '$ROLE'] },
  { name: 'SageMaker SDK v2', peer: 'sdk2', words: ['python', '$DRIVERS/sdk2_launch.py', '$TASK', '$ROLE'] },
  {
    name: 'ssm',
    peer: 'ssm',
    words: [
      ...['ssm', 'run', '-p', 'bench', '-t', '$TASK', '--source_dir', 'code', '-e', 'train.py'],
      ...['--it', 'ml.m5.large', '--ic', '1', '-o', 'out-$TASK', '--', '--epochs', '3'],
    ],
  },
];

export const launch: Scenario = {
  name: 'launch',
  title: 'Start of a job: small code, no data',
  what:
    'From the start of the process until the request for the training job (`CreateTrainingJob`) arrived. Each round is the ' +
    "first run of a task, in an account in which role and bucket exist. The action and `ssm` keep the job's role up to date; the SDKs " +
    'are given one. Calls are those up to and with that request, counted in the warm-up.',
  headline: 'seconds',
  latencies: [0, 25],
  targets: [
    { measure: 'seconds', most: 1 / 15, times: FASTEST },
    { measure: 'calls', most: 9 },
  ],
  missed:
    'Node and the code of the action take their time before the first call, and then calls wait for each other: who asks, the ' +
    "task's jobs, the lease, the jobs again, the request. Of the calls two look at the job's role and its policies, so that a role " +
    'that somebody changed is repaired; with `execution-role` they are not made.',
  peers: PEERS.map(({ peer }) => peer),
  open: async (bench) => {
    const workspace = codeFolder(bench);
    const task = ({ round, place }: Run, side: string): string => `${side}-${place.latency}-${round}`;
    const action: Side = {
      name: ACTION,
      command: shownStep(INPUTS),
      run: (run) => {
        const inputs = { ...INPUTS, task: task(run, 'launch') };
        return sampleOf(run, bench, () => runAction(bench, run, { workspace, inputs, logged: counts(run) }));
      },
    };
    const peers = PEERS.map(
      ({ name, peer, words }): Side => ({
        name,
        peer,
        command: shownCommand(words),
        run: (run) => {
          const command = { peer, words, values: { TASK: task(run, peer), ROLE }, cwd: workspace, logged: counts(run) };
          return sampleOf(run, bench, (until) => runPeer(bench, run, { ...command, until }));
        },
      }),
    );
    if (!bench.quick) await makeRoles(bench, [action, ...peers]);
    return [action, ...peers];
  },
};

/** The action and ssm make the role of a project at its first job. */
async function makeRoles({ aws, tools }: Bench, sides: readonly Side[]): Promise<void> {
  for (const side of sides)
    if (side.peer === undefined || (side.peer === 'ssm' && tools.peers.has('ssm')))
      await side.run({ round: BEFORE, place: aws.here });
}

/** In the warm-up S3 is reached through the stand-in, whose log then has the order of all calls. */
function counts({ round, place }: Run): boolean {
  return round === 0 || place.s3 === place.api;
}

async function sampleOf(run: Run, { aws }: Bench, start: Parameters<typeof launched>[1]): Promise<Sample> {
  const { sample, callsToJob } = await launched(aws, start);
  const { calls: _, ...others } = sample;
  return counts(run) ? { ...others, calls: callsToJob } : others;
}

function codeFolder({ folder }: Bench): string {
  const workspace = join(folder, 'workspace');
  mkdirSync(join(workspace, 'code'), { recursive: true });
  writeFileSync(join(workspace, 'code', 'train.py'), 'print("trained")\n');
  return workspace;
}

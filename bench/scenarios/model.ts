/** A model's archive, brought back and unpacked. */
import { createReadStream, globSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { runAction, runPeer, shownCommand, shownStep } from '../commands.ts';
import { makeModel } from '../data.ts';
import { completed, type Job, modelKey, startJob } from '../jobs.ts';
import { ACTION, type Bench, type Run, type Scenario, type Side } from '../scenario.ts';
import { BUCKET } from '../servers/aws.ts';
import type { Peer } from '../tools.ts';

const JOB: Job = { name: 'bench-model', task: 'model', instances: 1, command: ['true'] };
const OUTPUT = 'out';
const INPUTS = {
  task: JOB.task,
  'job-name': JOB.name,
  download: 'model',
  'upload-artifacts': 'none',
  'output-path': OUTPUT,
};
const TAR = 'tar alone';
const UNPACK = 'tar -xzf model.tar.gz -C out';

const OTHERS: readonly { readonly name: string; readonly peer?: Peer; readonly words: readonly string[] }[] = [
  { name: TAR, words: ['tar', '-xzf', '$ARCHIVE', '-C', OUTPUT] },
  { name: 's5cmd, then tar', peer: 'transfer', words: shell(`s5cmd cp s3://$URI model.tar.gz && ${UNPACK}`) },
  { name: 's5cmd | tar', peer: 'transfer', words: shell('s5cmd cat s3://$URI | tar -xz -C out') },
  {
    name: 'aws-cli, then tar',
    peer: 'transfer',
    words: shell(`aws s3 cp --quiet s3://$URI model.tar.gz && ${UNPACK}`),
  },
];

export const model: Scenario = {
  name: 'model',
  title: 'A model of 1,050 MiB down and unpacked',
  what:
    'From the start of the process to its end: `model.tar.gz` of a completed job, 1,130 MiB of weights in four files, which ' +
    'compress to 93 % of that. `tar` alone unpacks the archive from the disk, so it bounds what is possible with one thread of gzip.',
  headline: 'seconds',
  latencies: [0, 25],
  targets: [
    { measure: 'seconds', most: 1.05, times: TAR },
    { measure: 'memory', most: 200 },
  ],
  missed:
    'gzip is unpacked by one thread, so `tar` alone is the bound. What is above it is the start of the step, its questions to ' +
    'SageMaker, and the processor that the S3 server takes here.',
  peers: ['transfer'],
  open: async (bench) => {
    const archive = await completedJob(bench);
    const workspace = join(bench.folder, 'workspace');
    const action = (run: Run) => runAction(bench, run, { workspace, inputs: INPUTS });
    const values = { ARCHIVE: archive, URI: `${BUCKET}/${modelKey(JOB)}` };
    const fresh = (side: Omit<Side, 'run'>, start: (run: Run) => ReturnType<typeof runPeer>): Side => ({
      ...side,
      run: async (run) => {
        rmSync(workspace, { recursive: true, force: true });
        mkdirSync(join(workspace, ...(side.name === ACTION ? [] : [OUTPUT])), { recursive: true });
        await bench.aws.forgetRequests();
        const { sample } = await start(run);
        if (globSync(join(workspace, OUTPUT, '**', 'config.json')).length !== 1)
          throw new Error(`${side.name} did not unpack the model.`);
        return { ...sample, calls: bench.aws.countRequests() };
      },
    });
    return [
      fresh({ name: ACTION, command: shownStep(INPUTS) }, action),
      ...OTHERS.map(({ words, ...side }) =>
        fresh({ ...side, command: shownCommand(words) }, (run) =>
          runPeer(bench, run, { peer: side.peer, words, values, cwd: workspace }),
        ),
      ),
    ];
  },
};

/** A job whose model is in S3; its archive, which is on the disk too. */
async function completedJob({ aws, folder, quick }: Bench): Promise<string> {
  await aws.runJobs(true);
  await startJob(aws, JOB);
  await completed(aws, JOB);
  await aws.runJobs(false);
  const archive = join(folder, 'model.tar.gz');
  const made = join(folder, 'model');
  makeModel(made, archive, quick ? 4 : 1_130);
  rmSync(made, { recursive: true });
  const s3 = new S3Client({ ...aws.client(), forcePathStyle: true });
  const Body = createReadStream(archive);
  await s3.send(
    new PutObjectCommand({ Bucket: BUCKET, Key: modelKey(JOB), Body, ContentLength: statSync(archive).size }),
  );
  return archive;
}

function shell(line: string): string[] {
  return ['bash', '-o', 'pipefail', '-c', line];
}

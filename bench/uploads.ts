/** Sides that send local files to S3: the action with them as input data of a job, the others to a prefix. */
import { join } from 'node:path';
import { PROJECT, runAction, runPeer, shownCommand, shownStep } from './commands.ts';
import { makeRepository } from './data.ts';
import { launched } from './launched.ts';
import { ACTION, type Bench, type Run, type Side } from './scenario.ts';
import { BUCKET } from './servers/aws.ts';
import type { Peer } from './tools.ts';

/** What the page says of each upload. */
export const UNTIL_THE_JOB = 'Time is that [until the job](#how-it-is-measured).';

/** Why many small files take what they take. */
export const ONE_THREAD =
  'Each request costs processor time where it is sent: its signature, its checksum, HTTP. A step has one thread for that, s5cmd ' +
  'uses all processors, and here the S3 server takes its share of the same ones.';

/** Flags by which rclone is fast with small files; the others are so by default. */
const RCLONE = ['--transfers', '32', '--checkers', '32'];

/** `$FILES` goes to `$URI`, an S3 URI without its scheme. */
export interface PeerUpload {
  readonly name: string;
  readonly peer: Peer;
  readonly words: readonly string[];
  readonly onlyNear?: string;
}

/** By name. A folder is sent where nothing is there yet, or where it may be that it is there already. */
export const FOLDER = {
  s5cmd: { name: 's5cmd', peer: 'transfer', words: ['s5cmd', 'cp', '$FILES/', 's3://$URI/'] },
  rclone: { name: 'rclone', peer: 'transfer', words: ['rclone', 'copy', ...RCLONE, '$FILES', 's3:$URI'] },
  awsCli: {
    name: 'aws-cli',
    peer: 'transfer',
    words: ['aws', 's3', 'cp', '--recursive', '--quiet', '$FILES', 's3://$URI'],
  },
  sdk2: {
    name: 'SageMaker SDK v2',
    peer: 'sdk2',
    words: ['python', '$DRIVERS/sdk2_upload.py', '$FILES', 's3://$URI'],
    onlyNear: 'it sends one file after another, which takes minutes then',
  },
} as const satisfies Record<string, PeerUpload>;

export const AGAIN = {
  rcloneByContent: {
    name: 'rclone --checksum',
    peer: 'transfer',
    words: ['rclone', 'sync', '--checksum', ...RCLONE, '$FILES', 's3:$URI'],
  },
  rcloneBySize: {
    name: 'rclone --size-only',
    peer: 'transfer',
    words: ['rclone', 'sync', '--size-only', ...RCLONE, '$FILES', 's3:$URI'],
  },
  s5cmd: { name: 's5cmd', peer: 'transfer', words: ['s5cmd', 'sync', '--delete', '$FILES/', 's3://$URI/'] },
  awsCli: {
    name: 'aws-cli',
    peer: 'transfer',
    words: ['aws', 's3', 'sync', '--delete', '--quiet', '$FILES', 's3://$URI'],
  },
} as const satisfies Record<string, PeerUpload>;

export interface Upload {
  readonly workspace: string;
  /** In the workspace. */
  readonly data: string;
  /** How many files that is. */
  readonly files: number;
  /** The name of the folder, below all of that side's, to which a run sends. */
  readonly target: (run: Run) => string;
  /** What happens before each run, and is not measured. */
  readonly before?: (run: Run) => void;
  /** Whether what a run sent is removed after it. */
  readonly remove: boolean;
}

/** Makes a repository with so many files of so many bytes each. `quick`: how many files with --quick. */
export function repositoryOf(
  bench: Bench,
  { files: whole, quick, bytes }: { readonly files: number; readonly quick: number; readonly bytes: number },
): Pick<Upload, 'workspace' | 'data' | 'files'> {
  const workspace = join(bench.folder, 'repository');
  const files = bench.quick ? quick : whole;
  makeRepository(workspace, files, bytes);
  return { workspace, data: 'data', files };
}

/** The task's name is that of the folder. */
export function actionUpload(bench: Bench, { workspace, data, files, target, before, remove }: Upload): Side {
  const shown = { task: '$TASK', entrypoint: 'train.py', inputs: `data=${data}`, wait: 'false' };
  return {
    name: ACTION,
    command: shownStep(shown),
    run: async (run) => {
      before?.(run);
      const task = target(run);
      const step = { workspace, inputs: { ...shown, task } };
      const { sample, job } = await launched(bench.aws, () => runAction(bench, run, step));
      checkSent(bench, `${PROJECT}/${task}/input/data`, files);
      // The next run finds the task as this one did.
      bench.aws.removeObjects(`${PROJECT}/${task}${remove ? '' : `/${job}`}`);
      return sample;
    },
  };
}

export function peerUpload(
  bench: Bench,
  peer: PeerUpload,
  { workspace, data, files, target, before, remove }: Upload,
): Side {
  const { name, words, onlyNear } = peer;
  return {
    name,
    peer: peer.peer,
    ...(onlyNear === undefined ? {} : { onlyNear }),
    command: shownCommand(words),
    run: async (run) => {
      before?.(run);
      const folder = `${folderOf(peer)}/${target(run)}`;
      const values = { FILES: join(workspace, data), BUCKET, KEY: folder, URI: `${BUCKET}/${folder}` };
      await bench.aws.forgetRequests();
      const { sample } = await runPeer(bench, run, { peer: peer.peer, words, values, cwd: workspace });
      const calls = bench.aws.countRequests();
      checkSent(bench, folder, files);
      if (remove) bench.aws.removeObjects(folder);
      return { ...sample, calls };
    },
  };
}

/** Throws an Error unless all of it is in S3. */
function checkSent({ aws }: Bench, folder: string, files: number): void {
  const found = aws.countObjects(folder) ?? files;
  if (found !== files) throw new Error(`${found} of ${files} files are in S3, below ${folder}.`);
}

/** All that a peer sent is below this key. */
export function folderOf({ name }: PeerUpload): string {
  return `peers/${name.replaceAll(/[^\w]+/g, '-')}`;
}

/** Sends once, without measuring, so that the files are in S3 already: of the action and of these peers, each to its folder. */
export async function sendBefore(bench: Bench, upload: Upload, peers: readonly PeerUpload[]): Promise<void> {
  const run: Run = { round: 0, place: bench.aws.here };
  await actionUpload(bench, upload).run(run);
  if (!bench.tools.peers.has('transfer')) return;
  for (const peer of peers) await peerUpload(bench, { ...FOLDER.s5cmd, name: peer.name }, upload).run(run);
}

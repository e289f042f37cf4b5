/** So many files that lists and manifests count: sent for the first time, and with one of them changed. */
import { writeFileSync } from 'node:fs';
import { dataFile } from '../data.ts';
import type { Run, Scenario } from '../scenario.ts';
import {
  AGAIN,
  actionUpload,
  FOLDER,
  ONE_THREAD,
  peerUpload,
  repositoryOf,
  sendBefore,
  UNTIL_THE_JOB,
  type Upload,
} from '../uploads.ts';

const CHANGED = [AGAIN.rcloneBySize, AGAIN.s5cmd, AGAIN.awsCli];
const SIZE = { files: 100_000, quick: 60, bytes: 1 };

export const manyFiles: Scenario = {
  name: 'many-files',
  title: '100,000 files of 1 byte up, for the first time',
  what: `The files are in a checkout; none of them is in S3. ${UNTIL_THE_JOB}`,
  headline: 'seconds',
  latencies: [0, 25],
  targets: [
    { measure: 'seconds', most: 1, times: FOLDER.s5cmd.name, strictly: true },
    { measure: 'memory', most: 400 },
  ],
  missed: ONE_THREAD,
  peers: ['transfer'],
  open: async (bench) => {
    const target = ({ round, place }: Run): string => `many-${place.latency}-${round}`;
    const upload: Upload = { ...repositoryOf(bench, SIZE), target, remove: true };
    return [actionUpload(bench, upload), peerUpload(bench, FOLDER.s5cmd, upload)];
  },
};

export const changedFile: Scenario = {
  name: 'changed-file',
  title: 'One of 100,000 files changed',
  what:
    'The files are in S3 already. Before each round another one of them gets another content and size, and each side then ' +
    `sends it to a folder of its own. ${UNTIL_THE_JOB}`,
  headline: 'seconds',
  latencies: [0, 25],
  targets: [
    { measure: 'seconds', most: 3 },
    { measure: 'memory', most: 400 },
  ],
  missed:
    'Each of the 100,000 files is opened, read and hashed, because a fresh checkout has new times, and each key of the manifest ' +
    'and of the listing is compared, by one thread: 3 to 4 seconds of processor time, a fourth of it system calls. ' +
    '`rclone --size-only` reads no file.',
  peers: ['transfer'],
  open: async (bench) => {
    const made = repositoryOf(bench, SIZE);
    const changed = new Set<string>();
    const change = ({ round, place }: Run): void => {
      const name = `${place.latency} ms, round ${round}`;
      if (!changed.has(name)) writeFileSync(dataFile(made.workspace, 7 * changed.size), name);
      changed.add(name);
    };
    const sent: Upload = { ...made, target: () => 'changed', remove: false };
    await sendBefore(bench, sent, CHANGED);
    const upload: Upload = { ...sent, before: change };
    return [actionUpload(bench, upload), ...CHANGED.map((peer) => peerUpload(bench, peer, upload))];
  },
};

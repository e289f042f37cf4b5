/** Many small files, sent for the first time and again from a fresh checkout. */
import { join } from 'node:path';
import { checkOut } from '../data.ts';
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

const FRESH = [FOLDER.s5cmd, FOLDER.rclone, FOLDER.awsCli, FOLDER.sdk2];
const SAME = [AGAIN.rcloneByContent, AGAIN.s5cmd, AGAIN.awsCli];
const SIZE = { files: 5_000, quick: 50, bytes: 4_096 };

export const smallFiles: Scenario = {
  name: 'small-files',
  title: '5,000 files of 4 KiB up, for the first time',
  what: `The files are in a checkout; none of them is in S3. ${UNTIL_THE_JOB}`,
  headline: 'seconds',
  latencies: [0, 25],
  targets: [
    { measure: 'seconds', most: 1, times: 's5cmd', strictly: true },
    { measure: 'memory', most: 150 },
  ],
  missed: ONE_THREAD,
  peers: ['transfer', 'sdk2'],
  open: async (bench) => {
    const target = ({ round, place }: Run): string => `fresh-${place.latency}-${round}`;
    const upload: Upload = { ...repositoryOf(bench, SIZE), target, remove: true };
    return [actionUpload(bench, upload), ...FRESH.map((peer) => peerUpload(bench, peer, upload))];
  },
};

export const sameFiles: Scenario = {
  name: 'same-files',
  title: '5,000 files of 4 KiB up, again after a fresh checkout',
  what:
    'The same files are in S3 already, but each of them is new on the disk, with a new time. The action and `rclone --checksum` ' +
    `find by the content that nothing is to be sent. ${UNTIL_THE_JOB}`,
  headline: 'seconds',
  latencies: [0, 25],
  targets: [{ measure: 'seconds', most: 0.5 }],
  missed:
    'A large part of it is the step around the comparison, which takes the time of ' +
    '[a start](#start-of-a-job-small-code-no-data). `rclone` only compares, and asks nobody before.',
  peers: ['transfer'],
  open: async (bench) => {
    const made = repositoryOf(bench, SIZE);
    const workspace = join(bench.folder, 'workspace');
    const upload: Upload = {
      ...made,
      workspace,
      target: () => 'again',
      before: () => checkOut(made.workspace, workspace),
      remove: false,
    };
    await sendBefore(bench, upload, SAME);
    return [actionUpload(bench, upload), ...SAME.map((peer) => peerUpload(bench, peer, upload))];
  },
};

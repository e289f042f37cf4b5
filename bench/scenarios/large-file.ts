/** One large file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeLargeFile } from '../data.ts';
import type { Run, Scenario } from '../scenario.ts';
import { actionUpload, type PeerUpload, peerUpload, UNTIL_THE_JOB, type Upload } from '../uploads.ts';

const FILE = 'data/weights.bin';
const PEERS: readonly PeerUpload[] = [
  { name: 'boto3', peer: 'transfer', words: ['python', '$DRIVERS/boto3_upload.py', '$FILES', '$BUCKET', '$KEY'] },
  { name: 'aws-cli', peer: 'transfer', words: ['aws', 's3', 'cp', '--quiet', '$FILES', 's3://$URI'] },
  { name: 's5cmd', peer: 'transfer', words: ['s5cmd', 'cp', '$FILES', 's3://$URI'] },
  {
    name: 'rclone',
    peer: 'transfer',
    words: [
      ...['rclone', 'copyto', '--s3-upload-cutoff', '64M', '--s3-chunk-size', '16M', '--s3-upload-concurrency', '8'],
      ...['$FILES', 's3:$URI'],
    ],
  },
];

export const largeFile: Scenario = {
  name: 'large-file',
  title: 'A file of 1 GiB up',
  what: `The file cannot be compressed, and is not in S3. ${UNTIL_THE_JOB}`,
  headline: 'seconds',
  latencies: [0, 25],
  targets: [{ measure: 'seconds', most: 1.05, times: 'boto3' }],
  missed:
    'The step reads the file twice. It hashes it before it knows whether a job has to run at all, and sends it after that; the ' +
    'others only send. Beside that it takes the time of [a start](#start-of-a-job-small-code-no-data).',
  peers: ['transfer'],
  open: async (bench) => {
    const workspace = join(bench.folder, 'workspace');
    makeLargeFile(join(workspace, FILE), bench.quick ? 9 : 1_024);
    writeFileSync(join(workspace, 'train.py'), 'print("trained")\n');
    const target = ({ round, place }: Run): string => `large-${place.latency}-${round}`;
    const upload: Upload = { workspace, data: FILE, files: 1, target, remove: true };
    return [actionUpload(bench, upload), ...PEERS.map((peer) => peerUpload(bench, peer, upload))];
  },
};

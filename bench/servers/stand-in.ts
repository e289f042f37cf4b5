/** The stand-in for AWS (docs/local.md) as a process, and its log of requests. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stopper } from './child.ts';
import { ACCOUNT, SECRET } from './s3-server.ts';

const LOCAL = join(import.meta.dirname, '..', '..', 'local');

export interface Request {
  /** When it arrived, in seconds since 1970. */
  readonly received: number;
  readonly principal: string;
  readonly operation: string;
  readonly resource: string;
}

export interface StandIn {
  readonly url: string;
  /** A proxy that answers for AWS's own host names, and the certificates to trust. */
  readonly tls: { readonly proxy: string; readonly bundle: string };
  /** The clients' requests since `forget`, without those of jobs. */
  readonly requests: () => Request[];
  readonly forget: () => Promise<void>;
  /** Whether jobs get their instances; without, they stay where they would wait for them, and use no processor. */
  readonly runJobs: (run: boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** `s3`: the URL of the S3 server that has the objects; undefined: the stand-in keeps them itself. */
export async function startStandIn(python: string, folder: string, s3: string | undefined): Promise<StandIn> {
  const data = join(folder, 'stand-in');
  mkdirSync(data, { recursive: true });
  const flags = ['--port', '0', '--data', data, '--containers', 'none', '--tls'];
  const child = spawn(python, ['-m', 'sagemaker_local', ...flags, ...(s3 ? ['--s3-endpoint', s3] : [])], {
    cwd: LOCAL,
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      S3_ENDPOINT_ACCESS_KEY_ID: ACCOUNT,
      S3_ENDPOINT_SECRET_ACCESS_KEY: SECRET,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const stop = stopper(child);
  const { url, tls } = await new Promise<Pick<StandIn, 'url' | 'tls'>>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the stand-in ended with ${code}`)));
  });
  const send = async (method: string, path: string, body?: object): Promise<void> => {
    const answer = await fetch(`${url}/_local/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`the stand-in refused ${method} ${path}: ${await answer.text()}`);
  };
  return {
    ...{ url, tls, stop },
    requests: () => requestsOf(readFileSync(join(data, 'requests.jsonl'), 'utf8')),
    forget: () => send('DELETE', 'requests'),
    runJobs: async (run) => {
      await send('DELETE', 'faults');
      if (!run) await send('POST', 'faults', { kind: 'no-capacity' });
    },
  };
}

/** A job's own requests are those of a session of its role. */
function requestsOf(log: string): Request[] {
  const lines = log.split('\n').filter((line) => line.endsWith('}'));
  return lines
    .map((line) => JSON.parse(line) as Request)
    .filter(({ principal }) => !principal.includes(':assumed-role/'));
}

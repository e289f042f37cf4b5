/**
 * The S3 of the bench: versitygw, whose objects are files of a folder. Its key is the number of the stand-in's account,
 * because it takes an owner's key for the owner that a request expects (`x-amz-expected-bucket-owner`).
 * https://github.com/versity/versitygw/wiki/Global-Options
 */
import { mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startServer } from './child.ts';

export const ACCOUNT = '123456789012';
export const SECRET = 'benchsecret';

export interface S3Server {
  readonly url: string;
  /** Where objects are, `BUCKET/KEY`. */
  readonly objects: string;
  /** How many requests it answered since `forget`, the stand-in's own not among them. */
  readonly requests: () => number;
  readonly forget: () => void;
  readonly stop: () => Promise<void>;
}

export async function startS3Server(program: string, folder: string): Promise<S3Server> {
  const objects = join(folder, 'objects');
  const log = join(folder, 's3-requests.log');
  mkdirSync(objects, { recursive: true });
  const port = await freePort();
  const keys = ['--access', ACCOUNT, '--secret', SECRET];
  const flags = ['--port', `127.0.0.1:${port}`, ...keys, '--keep-alive', '--quiet', '--access-log', log];
  const { url, stop } = await startServer([program, ...flags, 'posix', objects], port);
  return {
    url,
    objects,
    requests: () => countRequests(readFileSync(log, 'utf8')),
    forget: () => truncateSync(log),
    stop,
  };
}

/** Lines of requests; the stand-in sends by urllib3 what it reads and writes for itself. */
export function countRequests(log: string): number {
  return log.split('\n').filter((line) => / s3_\w+ /.test(line) && !line.includes(' python-urllib3/')).length;
}

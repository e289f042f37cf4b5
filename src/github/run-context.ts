/** Reads the workflow run from the runner's variables and its event file. */
import { readFileSync } from 'node:fs';
import type { RunContext } from '../core/run-context.ts';

/** https://docs.github.com/actions/reference/workflows-and-actions/variables */
export function readContext(): RunContext {
  const { env } = process;
  return {
    server: (env['GITHUB_SERVER_URL'] || 'https://github.com').replace(/\/+$/, ''),
    repository: env['GITHUB_REPOSITORY'] ?? '',
    ref: env['GITHUB_REF'] ?? '',
    sha: env['GITHUB_SHA'] ?? '',
    runId: env['GITHUB_RUN_ID'] ?? '',
    attempt: Number(env['GITHUB_RUN_ATTEMPT'] || 0),
    event: env['GITHUB_EVENT_NAME'] ?? '',
    payload: payload(env['GITHUB_EVENT_PATH']),
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || '',
    workspace: env['GITHUB_WORKSPACE'] || process.cwd(),
  };
}

/** Undefined without an event file. */
function payload(eventPath: string | undefined): unknown {
  return eventPath === undefined || eventPath === '' ? undefined : JSON.parse(readFileSync(eventPath, 'utf8'));
}

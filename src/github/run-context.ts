/** Reads the workflow run from the runner's variables and its event file. */
import { readFileSync, statSync } from 'node:fs';
import type { RunContext } from '../core/run-context.ts';

/** https://docs.github.com/actions/reference/workflows-and-actions/variables */
export function readContext(): RunContext {
  const { env } = process;
  return {
    repository: env['GITHUB_REPOSITORY'] ?? '',
    ref: env['GITHUB_REF'] ?? '',
    sha: env['GITHUB_SHA'] ?? '',
    runId: env['GITHUB_RUN_ID'] ?? '',
    attempt: Number(env['GITHUB_RUN_ATTEMPT'] || 0),
    event: env['GITHUB_EVENT_NAME'] ?? '',
    payload: payload(env['GITHUB_EVENT_PATH']),
    isHosted: env['RUNNER_ENVIRONMENT'] === 'github-hosted',
    jobStart: writtenAt(env['GITHUB_EVENT_PATH']),
    url: runUrl(env),
    action: `${env['GITHUB_ACTION_REPOSITORY'] || 'org/simple-sagemaker-action'}@${env['GITHUB_ACTION_REF'] || 'v1'}`,
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || '',
    workspace: env['GITHUB_WORKSPACE'] || process.cwd(),
  };
}

/**
 * The runner writes the event file once, when the workflow job starts.
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs, WriteWebhookPayload
 */
function writtenAt(eventPath: string | undefined): Date | undefined {
  return eventPath === undefined || eventPath === ''
    ? undefined
    : statSync(eventPath, { throwIfNoEntry: false })?.mtime;
}

/** https://docs.github.com/actions/reference/workflows-and-actions/variables */
function runUrl(env: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
}

/** Undefined without an event file. */
function payload(eventPath: string | undefined): unknown {
  return eventPath === undefined || eventPath === '' ? undefined : JSON.parse(readFileSync(eventPath, 'utf8'));
}

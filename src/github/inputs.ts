/** The step's inputs and the workflow run's context: the only place that reads them. */
import { readFileSync } from 'node:fs';
import { getInput } from '@actions/core';
import { INPUTS, type InputName, type RawInputs, type RunContext } from '../task/inputs.ts';

export function readInputs(): RawInputs {
  return Object.fromEntries(INPUTS.map((name) => [name, getInput(name)])) as Record<InputName, string>;
}

/** https://docs.github.com/actions/reference/workflows-and-actions/variables */
export function readContext(): RunContext & { readonly workspace: string } {
  const { env } = process;
  return {
    repository: env['GITHUB_REPOSITORY'] ?? '',
    ref: env['GITHUB_REF'] ?? '',
    sha: env['GITHUB_SHA'] ?? '',
    runId: env['GITHUB_RUN_ID'] ?? '',
    pullRequest: pullRequest(env['GITHUB_EVENT_PATH']),
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || '',
    workspace: env['GITHUB_WORKSPACE'] || process.cwd(),
  };
}

/** The number of the pull request that the run is for. */
function pullRequest(eventPath: string | undefined): number | undefined {
  if (eventPath === undefined || eventPath === '') return undefined;
  const event: unknown = JSON.parse(readFileSync(eventPath, 'utf8'));
  if (typeof event !== 'object' || event === null || !('pull_request' in event)) return undefined;
  const { pull_request: request } = event;
  const number = typeof request === 'object' && request !== null && 'number' in request ? request.number : undefined;
  return typeof number === 'number' ? number : undefined;
}

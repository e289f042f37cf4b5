/**
 * The entry point of `local/`, main and post: sets the stand-in up, starts it, points later steps at it, and ends it after
 * the workflow job.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  exportVariable,
  getInput,
  getState,
  info,
  saveState,
  setFailed,
  setOutput,
  setSecret,
  warning,
} from '@actions/core';
import { describeError } from '../task/errors.ts';
import { parseList } from '../task/parse.ts';
import { pythonEnvironment } from './python.ts';
import { startServer, stopServer } from './server.ts';

/** Beside dist/, where this bundle is. */
const SOURCES = join(import.meta.dirname, '..', '..', 'local');

async function start(): Promise<void> {
  saveState('main', 'started');
  const python = await pythonEnvironment(join(SOURCES, 'requirements.txt'), info);
  const folder = await mkdtemp(join(process.env['RUNNER_TEMP'] || tmpdir(), 'sagemaker-local-'));
  saveState('folder', folder);
  const region = process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || 'us-east-1';
  const [data, images] = [parseList(getInput('data')), parseList(getInput('images'))];
  const { pid, url } = await startServer(python, SOURCES, folder, region, data, images);
  saveState('pid', String(pid));
  const secret = randomBytes(20).toString('hex');
  setSecret(secret);
  exportVariable('AWS_ENDPOINT_URL', url);
  exportVariable('AWS_REGION', region);
  exportVariable('AWS_DEFAULT_REGION', region);
  exportVariable('AWS_ACCESS_KEY_ID', `AKIA${randomBytes(8).toString('hex').toUpperCase()}`);
  exportVariable('AWS_SECRET_ACCESS_KEY', secret);
  // One of the runner's own would go with the keys above.
  if (process.env['AWS_SESSION_TOKEN']) exportVariable('AWS_SESSION_TOKEN', '');
  if (!process.env['ACTIONS_ID_TOKEN_REQUEST_URL']) await handOutTokens(url);
  setOutput('endpoint', url);
  info(await readFile(join(folder, 'server.log'), 'utf8'));
  info(`AWS is now ${url} for the steps that follow; nothing they do reaches the real one.`);
}

/** A run without `id-token: write`, as a fork's pull request, gets its OIDC tokens here. */
async function handOutTokens(url: string): Promise<void> {
  const answer = (await (await fetch(`${url}/_local/oidc`)).json()) as { request_url: string; request_token: string };
  const { GITHUB_REPOSITORY: repository = '', GITHUB_EVENT_NAME: event, GITHUB_REF: ref = '' } = process.env;
  const subject = `repo:${repository}:${event === 'pull_request' ? event : `ref:${ref}`}`;
  setSecret(answer.request_token);
  exportVariable('ACTIONS_ID_TOKEN_REQUEST_URL', `${answer.request_url}&sub=${encodeURIComponent(subject)}`);
  exportVariable('ACTIONS_ID_TOKEN_REQUEST_TOKEN', answer.request_token);
}

async function end(): Promise<void> {
  const pid = getState('pid');
  const folder = getState('folder');
  if (pid !== '' && (await stopServer(Number(pid))) === 'killed')
    warning('The stand-in did not end by itself and was killed.');
  if (folder !== '') await rm(folder, { recursive: true, force: true });
}

try {
  await (getState('main') === '' ? start() : end());
} catch (error) {
  setFailed(describeError(error));
}

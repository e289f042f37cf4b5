/**
 * The entry point of the action `local/`. The main step installs and starts the stand-in and sets variables, so that
 * later steps use it. The post step ends it after the workflow job.
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
import { type Checked, collectMistakes } from '../core/collect-mistakes.ts';
import { describeError, InputError, InputProblem } from '../core/errors.ts';
import { parseEntries, parseList } from '../core/input-syntax.ts';
import { ANY_MAP } from '../core/other-forms.ts';
import { DIRECT, startServer, stopServer } from './server.ts';
import { standInProblem } from './system.ts';
import { pythonEnvironment } from './venv.ts';

/** The folder beside dist/, which contains this bundle. */
const SOURCES = join(import.meta.dirname, '..', '..', 'local');

async function start(): Promise<void> {
  saveState('main', 'started');
  const problem = standInProblem(process.platform);
  if (problem !== undefined) throw problem;
  const [data, images] = [await pairsOf('data', 's3://bucket/data=./data'), await pairsOf('images', 'URI=IMAGE')];
  const mistakes = [...data.mistakes, ...images.mistakes];
  if (mistakes.length > 0) throw new InputError(mistakes);
  const python = await pythonEnvironment(join(SOURCES, 'requirements.txt'), info);
  const folder = await mkdtemp(join(process.env['RUNNER_TEMP'] || tmpdir(), 'sagemaker-local-'));
  saveState('folder', folder);
  const region = process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || 'us-east-1';
  // Saved before the server answers, so that the post step also ends a server whose start was cancelled.
  const onStart = (pid: number): void => saveState('pid', String(pid));
  const { url } = await startServer(python, SOURCES, folder, region, data.value, images.value, onStart);
  const secret = randomBytes(20).toString('hex');
  setSecret(secret);
  exportVariable('AWS_ENDPOINT_URL', url);
  exportVariable('AWS_REGION', region);
  exportVariable('AWS_DEFAULT_REGION', region);
  exportVariable('AWS_ACCESS_KEY_ID', `AKIA${randomBytes(8).toString('hex').toUpperCase()}`);
  exportVariable('AWS_SECRET_ACCESS_KEY', secret);
  // Otherwise the SDK would combine the runner's session token with the keys above.
  if (process.env['AWS_SESSION_TOKEN']) exportVariable('AWS_SESSION_TOKEN', '');
  if (!process.env['ACTIONS_ID_TOKEN_REQUEST_URL']) await handOutTokens(url);
  setOutput('endpoint', url);
  info((await readFile(join(folder, 'server.log'), 'utf8')).trimEnd());
  info(`The following steps use ${url} instead of AWS. They never reach AWS.`);
}

/** The pairs of an input, each as `KEY=VALUE`. Several pairs can have the same beginning, so they are no map. */
function pairsOf(name: string, example: string): Promise<Checked<string[]>> {
  const text = getInput(name);
  return collectMistakes(name, [], () => {
    if (text.startsWith('[')) return parseList(text);
    return parseEntries(text, { ...ANY_MAP, example, oneWord: true }).map((read) => {
      const { key, value } = read();
      if (typeof value === 'string') return `${key}=${value}`;
      throw new InputProblem(`the value of "${key}" is not a string`, 'put it in quotes.');
    });
  });
}

/** Gives a run without `id-token: write`, such as a fork's pull request, OIDC tokens of the stand-in. */
async function handOutTokens(url: string): Promise<void> {
  const tokens = (await (await DIRECT.fetch(new URL('/_local/oidc', url))).json()) as {
    request_url: string;
    request_token: string;
  };
  const { GITHUB_REPOSITORY: repository = '', GITHUB_EVENT_NAME: event, GITHUB_REF: ref = '' } = process.env;
  const subject = `repo:${repository}:${event === 'pull_request' ? event : `ref:${ref}`}`;
  setSecret(tokens.request_token);
  exportVariable('ACTIONS_ID_TOKEN_REQUEST_URL', `${tokens.request_url}&sub=${encodeURIComponent(subject)}`);
  exportVariable('ACTIONS_ID_TOKEN_REQUEST_TOKEN', tokens.request_token);
}

async function end(): Promise<void> {
  const pid = getState('pid');
  const folder = getState('folder');
  if (pid !== '' && (await stopServer(Number(pid))) === 'killed')
    warning('The stand-in did not end in time and was killed.');
  if (folder !== '') await rm(folder, { recursive: true, force: true });
}

try {
  await (getState('main') === '' ? start() : end());
} catch (error) {
  setFailed(describeError(error));
}

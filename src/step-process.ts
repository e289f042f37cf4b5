/** Runs the main step or the post step as a process. This is the only file that fails the step. */

import { setFlagsFromString } from 'node:v8';
import type { Credentials } from './aws/connection.ts';
import { cancelSignal } from './cancellation.ts';
import { check } from './config/check.ts';
import { INPUTS } from './config/inputs.ts';
import { readSpec } from './config/read-spec.ts';
import type { TaskSpec } from './config/spec.ts';
import { warningsOf } from './config/warnings.ts';
import { describeError } from './core/errors.ts';
import type { LeftOut } from './core/left-out.ts';
import { secretsOf } from './core/redact.ts';
import { taskFolder } from './core/s3-layout.ts';
import { VERSION } from './core/version.ts';
import { readInputs } from './github/inputs.ts';
import { failOnUncaughtErrors, info, infoOnce, maskSecrets, notice, setFailed, warning } from './github/log.ts';
import { oidcToken } from './github/oidc.ts';
import { readContext } from './github/run-context.ts';
import type { Unsettled } from './github/saved-state.ts';
import { markMain } from './github/state.ts';
import { Network } from './network/network.ts';

/** `unsettled`: in the post step, what main left for it. Never throws: an error fails the step. */
export async function runStep(unsettled: Unsettled | undefined): Promise<void> {
  maskSecrets(secretsOf(process.env));
  failOnUncaughtErrors();
  try {
    await (unsettled === undefined ? main() : post(unsettled));
  } catch (error) {
    setFailed(describeError(error));
  }
}

/**
 * Else V8 may learn from the first of many requests, which are all still under way, that what a request needs lives long: from
 * then on it keeps each request's garbage until a whole collection (200 MiB of it for 100,000 files).
 * https://v8.dev/blog/trash-talk tells of the two generations; the flag is about "pretenuring".
 */
const NO_PRETENURING = '--no-allocation-site-pretenuring';

async function main(): Promise<void> {
  markMain();
  setFlagsFromString(NO_PRETENURING);
  const signal = cancelSignal();
  const context = readContext();
  const { spec, mistakes } = readSpec(readInputs(INPUTS), context);
  const files = await check(spec, mistakes, context.workspace);
  reportLeftOut(files.leftOut);
  warningsOf(spec, context).forEach(warning);
  const network = openNetwork();
  const { region } = spec.aws;
  const tell = infoOnce();
  // A step with a mistake in its inputs need not wait for them.
  const [{ Connection }, { findHome }] = await Promise.all([import('./aws/connection.ts'), import('./aws/bucket.ts')]);
  const credentials = await credentialsOf(spec, network, tell);
  const aws = new Connection(region, VERSION, credentials, network, spec.resources.kmsKey, tell);
  try {
    // Loads the stages' code while AWS answers, to save time.
    const [home, { run }] = await Promise.all([
      findHome(aws, spec.aws.bucket, taskFolder(spec.place), signal),
      import('./run.ts'),
    ]);
    await run({ aws, network, home, run: context, signal }, spec, files);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    aws.destroy();
  }
}

function reportLeftOut(leftOut: LeftOut): void {
  const text = leftOut.notice();
  if (text !== undefined) notice(text);
  leftOut.lines().forEach(info);
}

/** Ignores mistakes in the inputs: main has checked them already. */
async function post(unsettled: Unsettled): Promise<void> {
  const { spec } = readSpec(readInputs(INPUTS), readContext());
  const { settle } = await import('./post.ts');
  const network = openNetwork();
  const tell = infoOnce();
  await settle(unsettled, await credentialsOf(spec, network, tell), network, tell);
}

function openNetwork(): Network {
  const network = new Network(process.env);
  maskSecrets(network.secrets);
  return network;
}

async function credentialsOf(
  { aws: { roleToAssume: role } }: TaskSpec,
  network: Network,
  tell: (line: string) => void,
): Promise<Credentials> {
  if (role === undefined) return undefined;
  const { assumedRole } = await import('./aws/credentials.ts');
  return assumedRole({ ...role, network, token: () => oidcToken(network), mask: maskSecrets, tell });
}

/** The story of a run: inputs → resolve → skip? → stage → launch → follow → collect → publish. */
import { resolve } from 'node:path';
import type { AwsCredentialIdentityProvider } from '@aws-sdk/types';
import { type Attend, attendJob, noteEnd, rereadJob } from './attend.ts';
import { type Clients, createClients, destroyClients } from './aws/clients.ts';
import { stopJob } from './aws/training.ts';
import { jobToCollect } from './existing.ts';
import { claimOutput, outputMistakes } from './files/output.ts';
import { surveyFiles } from './files/survey.ts';
import { finish } from './finish.ts';
import { info, warning } from './github/log.ts';
import { type Outputs, setOutputs } from './github/outputs.ts';
import { saveJob, saveSettled } from './github/state.ts';
import type { Launch } from './launch.ts';
import { obtainJob } from './obtain.ts';
import { lackedAccessBefore } from './past.ts';
import { findHome, type Home, resolveTask } from './resolve.ts';
import { describeError, InputError, type Mistake } from './task/errors.ts';
import { fingerprintOf } from './task/fingerprint.ts';
import type { PastJob } from './task/history.ts';
import { INPUTS, type RunContext } from './task/inputs.ts';
import { logsUrl, modelKey, outputKey, stateFolder } from './task/names.ts';
import { recordFingerprint } from './task/record.ts';
import { resultUri } from './task/results.ts';
import type { TaskSpec } from './task/spec.ts';
import { type DescribedJob, lacksAccess } from './task/status.ts';
import { VERSION } from './task/version.ts';

export interface Run {
  readonly spec: TaskSpec;
  /** What is wrong with the inputs so far. */
  readonly mistakes: readonly Mistake[];
  readonly context: RunContext & { readonly workspace: string };
  /** Puts `***` for secrets. */
  readonly redact: (text: string) => string;
  /** Has the log show `***` for secrets. */
  readonly mask: (secrets: readonly string[]) => void;
  /** Undefined: the environment's. */
  readonly credentials: AwsCredentialIdentityProvider | undefined;
  readonly signal: AbortSignal;
}

/** Throws an InputError before anything is created, a JobError when the job did not complete. */
export async function run(given: Run): Promise<void> {
  const { spec, context, redact, mask, signal } = given;
  const output = resolve(context.workspace, spec.outputPath);
  const survey = await surveyFiles(spec, context.workspace);
  const mistakes = [...given.mistakes, ...survey.mistakes, ...(await outputMistakes(output, spec.download))];
  if (mistakes.length > 0) throw new InputError(inOrder(mistakes));

  const clients = createClients(spec.region, VERSION, given.credentials);
  const attend = { clients, spec, output, redact, signal };
  let started: string | undefined;
  try {
    const home = await findHome(clients, spec, signal);
    if (spec.mode.kind === 'run') {
      const resolved = await resolveTask(clients, spec, home, survey, signal);
      setOutputs({ fingerprint: fingerprintOf(resolved.wish.facts) });
      const onStart = (job: string, image: string): void => {
        started = job;
        announce(spec, home, image, job);
      };
      await runTask(
        attend,
        { clients, spec, context, home, resolved, redact, mask, onStart, signal },
        context.workspace,
      );
    } else {
      const job = await jobToCollect(clients, spec, home, signal);
      await takeJob(attend, home, job, false, context.workspace);
    }
  } catch (error) {
    if (signal.aborted && started !== undefined) await stopCancelled(clients, started);
    throw signal.aborted ? signal.reason : error;
  } finally {
    destroyClients(clients);
  }
}

async function runTask(attend: Attend, launch: Launch, workspace: string): Promise<void> {
  const { spec, home, resolved } = launch;
  const obtained = await obtainJob(launch);
  if (obtained.kind !== 'started') {
    return takeJob(attend, home, obtained.job, obtained.kind === 'reused', workspace);
  }
  const { name, arn, managedRole } = obtained.job;
  setOutputs({ 'job-arn': arn, status: 'InProgress', skipped: 'false' });
  info(`Started ${name} on ${instancesOf(spec)}: ${logsUrl(spec.region, name)}`);
  await claimOutput(attend.output);
  const ended = await attendJob(attend, name, spec.instanceCount);
  saveSettled();
  const completed = await noteEnd(attend, home.bucket, spec, resolved.wish.facts, ended);
  if (
    managedRole &&
    lacksAccess(ended.state) &&
    !(await lackedAccessBefore(attend.clients, spec, home.bucket, name, attend.signal))
  ) {
    info(`${name} did not see yet what its role may do: the task is started once more.`);
    return runTask(attend, launch, workspace);
  }
  await finish(attend, { home, ended, completed, skipped: false, workspace });
}

/** A job that is there already: followed when it is in progress, and its results brought. */
async function takeJob(attend: Attend, home: Home, job: PastJob, skipped: boolean, workspace: string): Promise<void> {
  const { spec } = attend;
  const { state, record, place } = job;
  if (state === undefined) throw new Error(`${job.name} is taken without having been described.`);
  setOutputs({
    // What a job of another client computed from is not known.
    fingerprint: record === undefined ? '' : recordFingerprint(record),
    ...describedOutputs(state),
    'logs-uri': logsUrl(spec.region, job.name),
    'output-path': spec.outputPath,
    skipped: String(skipped),
  });
  await claimOutput(attend.output);
  const own = place.prefix === spec.prefix && record !== undefined;
  if (job.ended) {
    const ended = await rereadJob(attend, job);
    // Its run was killed before: from now on it is known what there was.
    if (own && record.end === undefined) await noteEnd(attend, home.bucket, place, record.facts, ended);
    return finish(attend, { home, ended, completed: job.completed, skipped, workspace });
  }
  info(`Following ${job.name}: ${logsUrl(spec.region, job.name)}`);
  const ended = await attendJob(attend, job.name, state.instanceCount);
  const completed = own ? await noteEnd(attend, home.bucket, place, record.facts, ended) : true;
  await finish(attend, { home, ended, completed, skipped, workspace });
}

/** What is known of a job before SageMaker has it; saved for the post step too. */
function announce(spec: TaskSpec, { bucket }: Home, image: string, job: string): void {
  setOutputs({
    'job-name': job,
    'instance-type': spec.instanceType,
    'image-uri': image,
    'model-uri': `s3://${bucket.name}/${modelKey(spec, job)}`,
    'output-uri': `s3://${bucket.name}/${outputKey(spec, job)}`,
    'state-uri': `s3://${bucket.name}/${stateFolder(spec)}`,
    'logs-uri': logsUrl(spec.region, job),
    'output-path': spec.outputPath,
  });
  saveJob({ job, region: spec.region });
}

function describedOutputs(state: DescribedJob): Outputs {
  return {
    'job-name': state.name,
    'job-arn': state.arn,
    status: state.status,
    'instance-type': state.instanceType,
    'image-uri': state.imageUri,
    'model-uri': resultUri(state, 'model'),
    'output-uri': resultUri(state, 'output'),
    'state-uri': resultUri(state, 'state'),
  };
}

/** In the order of action.yml, whatever was looked at first. */
function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  const order: readonly string[] = INPUTS;
  const place = (mistake: Mistake): number => order.indexOf(mistake.input);
  return [...mistakes].sort((a, b) => place(a) - place(b));
}

/** Within the seconds that a cancelled step has; post looks after it again. */
async function stopCancelled(clients: Clients, job: string): Promise<void> {
  try {
    const stopped = await stopJob(clients.sagemaker, job, AbortSignal.timeout(6_000));
    if (stopped === 'absent') return;
    info(stopped === 'stopping' ? `Stopping ${job}.` : `${job} had ended.`);
    saveSettled();
  } catch (error) {
    warning(`${job} could not be stopped here; the post step tries again. ${describeError(error)}`);
  }
}

function instancesOf(spec: TaskSpec): string {
  return `${spec.instanceCount} × ${spec.instanceType}${spec.spot ? ' (spot)' : ''}`;
}

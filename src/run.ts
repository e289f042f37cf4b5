/** The story of a run: inputs → resolve → stage → launch → follow → collect → publish. */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { AwsCredentialIdentityProvider } from '@aws-sdk/types';
import { type Clients, createClients, destroyClients } from './aws/clients.ts';
import type { LogLines } from './aws/logs.ts';
import { createJob, stopJob } from './aws/training.ts';
import { type Collected, collectResults } from './collect.ts';
import { openLogFiles } from './files/logfiles.ts';
import { claimOutput, outputMistakes } from './files/output.ts';
import { type Survey, surveyFiles } from './files/survey.ts';
import { followJob } from './follow.ts';
import { info, inGroup, printForeign, warning } from './github/log.ts';
import { setOutputs } from './github/outputs.ts';
import { saveJob, saveSettled } from './github/state.ts';
import { writeSummary } from './github/summary.ts';
import { publishArtifacts, shownPath } from './publish.ts';
import { type Resolved, resolveNeeds } from './resolve.ts';
import { stageFiles } from './stage.ts';
import { describeError, InputError, JobError, type Mistake } from './task/errors.ts';
import { jobName, logsUrl, modelKey, outputKey, stateFolder } from './task/names.ts';
import { trainingJobRequest } from './task/request.ts';
import { INPUTS, type RunContext, type TaskSpec } from './task/spec.ts';
import { type JobState, outcome, spotSavings } from './task/status.ts';
import { VERSION } from './task/version.ts';

export interface Run {
  readonly spec: TaskSpec;
  /** What is wrong with the inputs so far. */
  readonly mistakes: readonly Mistake[];
  readonly context: RunContext & { readonly workspace: string };
  /** Puts `***` for secrets. */
  readonly redact: (text: string) => string;
  /** Undefined: the environment's. */
  readonly credentials: AwsCredentialIdentityProvider | undefined;
  readonly signal: AbortSignal;
}

/** Throws an InputError before anything is created, a JobError when the job did not complete. */
export async function run(given: Run): Promise<void> {
  const { spec, context, signal } = given;
  const output = resolve(context.workspace, spec.outputPath);
  const survey = await surveyFiles(spec, context.workspace);
  const mistakes = [...given.mistakes, ...survey.mistakes, ...(await outputMistakes(output, spec.download))];
  if (mistakes.length > 0) throw new InputError(inOrder(mistakes));

  const clients = createClients(spec.region, VERSION, given.credentials);
  const job = jobName(spec.project, spec.task, new Date(), randomBytes(2).toString('hex'));
  try {
    const resolved = await inGroup(`Preparing ${job}`, () => prepare(clients, spec, survey, job, signal));
    const state = await launchAndFollow(clients, given, resolved, job, output);
    await finish(clients, given, resolved, job, output, state);
  } catch (error) {
    if (signal.aborted) await stopCancelled(clients, job);
    throw signal.aborted ? signal.reason : error;
  } finally {
    destroyClients(clients);
  }
}

async function prepare(
  clients: Clients,
  spec: TaskSpec,
  survey: Survey,
  job: string,
  signal: AbortSignal,
): Promise<Resolved> {
  const resolved = await resolveNeeds(clients, spec, signal);
  await stageFiles(clients, spec, survey, resolved.bucket, job, signal);
  return resolved;
}

async function launchAndFollow(
  clients: Clients,
  { spec, context, redact, signal }: Run,
  { bucket, role, imageUri }: Resolved,
  job: string,
  output: string,
): Promise<JobState> {
  await claimOutput(output);
  const append = spec.download.has('logs') ? await openLogFiles(join(output, 'logs')) : () => {};
  const request = trainingJobRequest(
    spec,
    { job, bucket: bucket.name, roleArn: role.arn, imageUri, version: VERSION },
    context,
  );
  setOutputs({
    'job-name': job,
    'instance-type': spec.instanceType,
    'image-uri': imageUri,
    'model-uri': `s3://${bucket.name}/${modelKey(spec, job)}`,
    'output-uri': `s3://${bucket.name}/${outputKey(spec, job)}`,
    'state-uri': `s3://${bucket.name}/${stateFolder(spec)}`,
    'logs-uri': logsUrl(spec.region, job),
    'output-path': spec.outputPath,
  });
  saveJob({ job, region: spec.region });
  const waiting = (): void => info('Waiting until SageMaker sees the role, up to two minutes …');
  const arn = await createJob(clients.sagemaker, request, role.fresh, waiting, signal);
  setOutputs({ 'job-arn': arn, status: 'InProgress' });
  info(`Started ${job} on ${instances(spec)}: ${logsUrl(spec.region, job)}`);
  const show = ({ host, instance, lines }: LogLines): void => {
    const redacted = lines.map(redact);
    printForeign(spec.instanceCount > 1 ? `[${host}] ` : '', redacted);
    append(instance, redacted);
  };
  const tell = (line: string): void => printForeign('', redact(line).split(/\r?\n/));
  const warn = (text: string): void => warning(redact(text));
  const state = await followJob(clients, { job, instances: spec.instanceCount, show, tell, warn }, signal);
  saveSettled();
  return state;
}

/** In the order of action.yml, whatever was looked at first. */
function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  const order: readonly string[] = INPUTS;
  const place = (mistake: Mistake): number => order.indexOf(mistake.input);
  return [...mistakes].sort((a, b) => place(a) - place(b));
}

/** Results, outputs, artifacts and summary come whatever the job's end; its failure is the last thing said. */
async function finish(
  clients: Clients,
  { spec, context, redact, signal }: Run,
  { bucket, imageUri }: Resolved,
  job: string,
  output: string,
  state: JobState,
): Promise<void> {
  const ended = outcome(state);
  const failure = ended.kind === 'completed' ? undefined : failureOf(job, ended, redact);
  setOutputs({
    status: state.status,
    'training-seconds': state.trainingSeconds,
    'billable-seconds': state.billableSeconds,
    'spot-savings': spec.spot ? spotSavings(state) : undefined,
    'failure-reason': ended.kind === 'completed' ? undefined : redact(ended.reason),
  });
  let collected: Collected[] = [];
  try {
    collected = await inGroup('Results', () => collectResults(clients, spec, bucket, job, output, signal));
    await publishArtifacts(spec, collected);
  } catch (error) {
    if (failure === undefined) throw error;
    warning(redact(describeError(error)));
  } finally {
    if (spec.summary) {
      await writeSummary({
        task: spec.task,
        project: spec.project,
        job,
        status: state.status,
        reason: failure?.message ?? '',
        instances: instances(spec),
        image: imageUri,
        trainingSeconds: state.trainingSeconds,
        billableSeconds: state.billableSeconds,
        spotSavings: spec.spot ? spotSavings(state) : undefined,
        logsUrl: logsUrl(spec.region, job),
        results: collected
          .filter(({ files }) => files.length > 0)
          .map(({ result, folder, files }) => ({
            result,
            files: files.length,
            path: shownPath(folder, context.workspace),
          })),
      });
    }
  }
  if (failure !== undefined) throw failure;
  info(`${job} completed.`);
}

function failureOf(
  job: string,
  ended: Exclude<ReturnType<typeof outcome>, { kind: 'completed' }>,
  redact: (text: string) => string,
): JobError {
  switch (ended.kind) {
    case 'failed':
      return new JobError(
        `The job ${job} failed: ${redact(ended.reason)}`,
        'The log above is complete; the results so far were fetched.',
      );
    case 'stopped':
      return new JobError(`The job ${job} was stopped: ${ended.reason}`, ended.hint);
  }
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

function instances(spec: TaskSpec): string {
  return `${spec.instanceCount} × ${spec.instanceType}${spec.spot ? ' (spot)' : ''}`;
}

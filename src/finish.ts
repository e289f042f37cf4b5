/** What a job left, brought and shown: results, outputs, artifacts and summary, whatever its end; a failure is said last. */
import type { Attend, EndedJob } from './attend.ts';
import { type Collected, collectResults } from './collect.ts';
import { info, inGroup, warning } from './github/log.ts';
import { setOutputs } from './github/outputs.ts';
import { writeSummary } from './github/summary.ts';
import { publishArtifacts, shownPath } from './publish.ts';
import type { Home } from './resolve.ts';
import { describeError, JobError } from './task/errors.ts';
import { logsUrl } from './task/names.ts';
import type { TaskSpec } from './task/spec.ts';
import { type DescribedJob, type Outcome, outcome, spotSavings } from './task/status.ts';

export interface Finish {
  readonly home: Home;
  readonly ended: EndedJob;
  /** Whether the job completed its task. */
  readonly completed: boolean;
  /** Whether an earlier job's results were taken instead of running. */
  readonly skipped: boolean;
  readonly workspace: string;
}

/** Throws a JobError when the job did not complete. */
export async function finish(attend: Attend, given: Finish): Promise<void> {
  const { clients, spec, output, redact, signal } = attend;
  const { state, metrics } = given.ended;
  const end = outcome(state);
  const failure = failureOf(state.name, end, redact);
  setOutputs({
    status: state.status,
    metrics: JSON.stringify(Object.fromEntries(metrics)),
    'training-seconds': state.trainingSeconds,
    'billable-seconds': state.billableSeconds,
    'spot-savings': state.spot ? spotSavings(state) : undefined,
    'failure-reason': end.kind === 'completed' ? undefined : redact(end.reason),
  });
  let collected: Collected[] = [];
  try {
    const { owner } = given.home.bucket;
    collected = await inGroup('Results', () => collectResults(clients, spec.download, state, owner, output, signal));
    await publishArtifacts(spec, collected);
  } catch (error) {
    if (failure === undefined) throw error;
    warning(redact(describeError(error)));
  } finally {
    if (spec.summary) await summarize(spec, given, collected, failure?.message ?? '');
  }
  if (failure !== undefined) throw failure;
  if (!given.completed) {
    warning(
      `Only some of the instances of ${state.name} marked the task as completed: it will run again, and nothing can be chained to it.`,
    );
  }
  info(`${state.name} completed.`);
}

async function summarize(
  spec: TaskSpec,
  { ended: { state, metrics }, skipped, workspace }: Finish,
  collected: readonly Collected[],
  reason: string,
): Promise<void> {
  await writeSummary({
    task: spec.task,
    project: spec.project,
    job: state.name,
    status: state.status,
    skipped,
    reason,
    instances: instances(state),
    image: state.imageUri,
    trainingSeconds: state.trainingSeconds,
    billableSeconds: state.billableSeconds,
    spotSavings: state.spot ? spotSavings(state) : undefined,
    logsUrl: logsUrl(spec.region, state.name),
    metrics,
    results: collected
      .filter(({ files }) => files.length > 0)
      .map(({ result, folder, files }) => ({ result, files: files.length, path: shownPath(folder, workspace) })),
  });
}

function instances({ instanceCount, instanceType, spot }: DescribedJob): string {
  return `${instanceCount} × ${instanceType}${spot ? ' (spot)' : ''}`;
}

function failureOf(job: string, end: Outcome, redact: (text: string) => string): JobError | undefined {
  switch (end.kind) {
    case 'completed':
      return undefined;
    case 'failed':
      return new JobError(
        `The job ${job} failed: ${redact(end.reason)}`,
        'The log above is complete; the results so far were fetched.',
      );
    case 'stopped':
      return new JobError(`The job ${job} was stopped: ${end.reason}`, end.hint);
  }
}

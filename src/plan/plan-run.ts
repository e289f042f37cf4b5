/** Finds out what a run would do and whether it can, and creates nothing. */

import { findRepository } from '../aws/ecr.ts';
import { type ManagedRole, roleChange } from '../aws/iam-role.ts';
import { together } from '../core/concurrency.ts';
import { count, counted, instances, size } from '../core/format.ts';
import { dnsSuffix, partition } from '../core/partition.ts';
import { previewSync } from '../data/sync.ts';
import type { Decision, Wanted } from '../history/decide.ts';
import { decideFromHistory } from '../history/find.ts';
import type { Seen } from '../history/jobs.ts';
import type { ImagePlan } from '../image/plan.ts';
import { type Attempt, attemptText, firstAttempt, InstanceSearch, waitText } from '../job/attempts.ts';
import { jobRequest, managedRole, newJobName, type Resolved } from '../job/launch.ts';
import type { JobSpec } from '../job/spec.ts';
import type { Step } from '../step.ts';
import { absentImage, checkEngine, checkPermissions, checkQuotas } from './checks.ts';
import { planCost } from './cost.ts';
import { type Plan, type PlanCheck, type PlannedPart, requestText } from './plan.ts';

/** Only reads: S3, ECR, IAM, quotas, prices and the task's history. */
export async function planRun(
  step: Step,
  spec: JobSpec,
  resolved: Resolved,
  wanted: Wanted,
  seen: Seen,
): Promise<Plan> {
  const { home } = step;
  const { place } = spec;
  const decision: Decision = home.exists
    ? await decideFromHistory(step, place, wanted, seen)
    : { kind: 'start', why: 'the bucket is new', compared: undefined };
  const about = { project: place.project, task: place.task };
  if (decision.kind === 'reuse' || decision.kind === 'follow') {
    const outcome = outcomeOf(decision, spec, firstAttempt(spec.resources));
    return { ...about, outcome, skipped: decision.kind === 'reuse', parts: [], checks: [], request: undefined };
  }
  const search = new InstanceSearch(spec.resources, spec.resources.capacityWaitSeconds);
  const [role, image, data, quotas] = await together(step.signal, (signal) => {
    const part = { ...step, signal };
    return [
      planRole(part, spec, resolved),
      planImagePart(part, spec, resolved.image),
      planData(part, spec, resolved),
      checkQuotas(part, spec.resources, resolved.override, search),
    ];
  });
  const attempt = search.current ?? firstAttempt(spec.resources);
  const name = newJobName(place);
  const request = jobRequest(step, spec, resolved, wanted.facts, name, role.arn, image.uri, attempt);
  const asked = {
    ...{ region: home.bucket.region, account: home.bucket.owner, bucket: home.bucket.name, bucketExists: home.exists },
    ...{ place, roleArn: role.arn, role: role.change, push: image.push, kmsKey: spec.resources.kmsKey },
  };
  const [cost, permissions] = await together(step.signal, (signal) => [
    planCost({ ...step, signal }, request, spec.resources),
    checkPermissions({ ...step, signal }, asked),
  ]);
  const bucket = { part: 'Bucket', text: `${home.bucket.name}${home.exists ? '' : ' would be created'}` };
  const state = spec.reuse.cleanState ? [{ part: 'State', text: 'would be emptied' }] : [];
  return {
    ...about,
    outcome: outcomeOf(decision, spec, attempt),
    skipped: false,
    parts: [
      ...[...furtherPart(search), bucket, role.part, image.part, codePart(resolved), ...secretParts(spec)],
      ...[...data, ...state, ...cost.parts],
    ],
    checks: [...busyChecks(decision, spec), ...role.checks, ...image.checks, ...quotas, ...cost.checks, permissions],
    request: requestText(request),
  };
}

function outcomeOf(decision: Decision, { reuse, resources }: JobSpec, attempt: Attempt): string {
  switch (decision.kind) {
    case 'reuse':
      return reuse.skipIf === 'completed'
        ? `Would be skipped (skip-if: completed), with the results of ${decision.job.name}.`
        : `Unchanged: would be skipped, with the results of ${decision.job.name}.`;
    case 'follow':
      return `The run would follow ${decision.job.name}, which is in progress and runs exactly the same.`;
    case 'busy': {
      const done = { wait: 'wait for it', fail: 'fail', replace: 'stop it' }[reuse.whenBusy];
      return `${decision.job.name} is in progress and runs something else. The run would ${done} (when-busy: ${reuse.whenBusy}).`;
    }
    case 'ending':
      return `${decision.job.name} is being stopped. The run would wait for its end and then start a job.`;
    case 'start':
      return `A job would start on ${instances({ ...resources, ...attempt })}, because ${decision.why}.`;
  }
}

/** What would be tried if the first attempt got no instances. */
function furtherPart({ left: [, ...further], patience }: InstanceSearch): PlannedPart[] {
  if (further.length === 0 || patience === undefined) return [];
  const text = `after ${waitText(patience)} without capacity ${further.map(attemptText).join(', then ')}`;
  return [{ part: 'Instances', text }];
}

function busyChecks(decision: Decision, { reuse }: JobSpec): PlanCheck[] {
  if (decision.kind !== 'busy' || reuse.whenBusy !== 'fail') return [];
  return [{ part: 'Busy', state: 'missing', text: `${decision.job.name} is in progress, and "when-busy" is fail` }];
}

interface PlannedRole {
  readonly arn: string;
  readonly change: 'nothing' | 'created' | 'policies';
  readonly part: PlannedPart;
  readonly checks: readonly PlanCheck[];
}

async function planRole(step: Step, spec: JobSpec, { existingRole, channels }: Resolved): Promise<PlannedRole> {
  const part = 'Role';
  if (existingRole !== undefined)
    return { arn: existingRole.arn, change: 'nothing', part: { part, text: existingRole.arn }, checks: [] };
  const role = managedRole(step, spec, channels);
  const { region, owner } = step.home.bucket;
  const arn = `arn:${partition(region)}:iam::${owner}:role${role.path ?? '/'}${role.name}`;
  const found = await roleChange(step.aws, role, step.signal);
  switch (found.kind) {
    case 'created': {
      const text = `${role.name} would be created with ${role.policies.length} policies`;
      return { arn, change: 'created', part: { part, text }, checks: [] };
    }
    case 'unanswered': {
      const text = `${role.name} was not looked at: ${found.why}`;
      return { arn, change: 'policies', part: { part, text: role.name }, checks: [{ part, state: 'unknown', text }] };
    }
    case 'found': {
      const changes = [
        ...(found.missing === 0 ? [] : [`get ${found.missing} more of the policies that jobs need`]),
        ...(found.trust ? ['trust SageMaker'] : []),
        ...(found.boundary ? ['get another permissions boundary'] : []),
      ];
      const text = changes.length === 0 ? role.name : `${role.name} would ${changes.join(' and ')}`;
      const change = changes.length === 0 ? 'nothing' : 'policies';
      return { arn: found.arn, change, part: { part, text }, checks: pathChecks(role, found.wrongPath) };
    }
  }
}

function pathChecks({ name, path }: ManagedRole, wrongPath: string | undefined): PlanCheck[] {
  if (wrongPath === undefined) return [];
  const text = `${name} has the path ${wrongPath}, not ${path} (role-path). Set "role-path" to it, or delete the role.`;
  return [{ part: 'Role', state: 'missing', text }];
}

interface PlannedImage {
  readonly uri: string;
  readonly part: PlannedPart;
  readonly checks: readonly PlanCheck[];
  readonly push: { readonly repository: string; readonly exists: boolean } | undefined;
}

async function planImagePart(step: Step, { image: { repository } }: JobSpec, plan: ImagePlan): Promise<PlannedImage> {
  const part = 'Image';
  if (plan.kind === 'existing') {
    const isKnown = plan.identity !== plan.uri;
    const text = isKnown
      ? `${plan.uri} is there: ${plan.identity}`
      : `ECR did not return the digest of ${plan.uri}. Check that it exists and that the job's role may pull it.`;
    const check: PlanCheck = (await absentImage(step, plan.uri, isKnown)) ?? {
      part,
      state: isKnown ? 'ok' : 'unknown',
      text,
    };
    return { uri: plan.uri, part: { part, text: plan.uri }, checks: [check], push: undefined };
  }
  const { region, owner } = step.home.bucket;
  const found = await findRepository(step.aws, repository, step.signal);
  const uri = `${found?.uri ?? `${owner}.dkr.ecr.${region}.${dnsSuffix(region)}/${repository}`}:${plan.identity}`;
  if (plan.stored !== undefined)
    return { uri, part: { part, text: `${uri} is in ECR already` }, checks: [], push: undefined };
  const files = counted(plan.files.files.length, 'file');
  const how =
    plan.copiedFrom === undefined
      ? `built from the Dockerfile with ${files} of its context`
      : `copied from ${plan.copiedFrom}`;
  const text = `${uri} would be ${how} for ${plan.platform}${found === undefined ? `, and the repository ${repository} created` : ''}`;
  const push = { repository, exists: found !== undefined };
  return { uri, part: { part, text }, checks: [await checkEngine(step, plan.copiedFrom)], push };
}

function codePart({ code }: Resolved): PlannedPart {
  const bytes = code.reduce((sum, file) => sum + file.size, 0);
  return { part: 'Code', text: `${counted(code.length, 'file')} (${size(bytes)} unpacked) would be uploaded` };
}

/** Whether they exist only the job's role can find out. */
function secretParts({ code: { secrets } }: JobSpec): PlannedPart[] {
  if (secrets.size === 0) return [];
  return [{ part: 'Secrets', text: `${[...secrets.keys()].join(', ')} would be read by the job's role` }];
}

async function planData(step: Step, { place }: JobSpec, { channels }: Resolved): Promise<PlannedPart[]> {
  const local = channels.filter(({ files }) => files !== undefined);
  return together(step.signal, (signal) =>
    local.map(async (channel) => {
      const { files = [] } = channel;
      const all = {
        send: files.length,
        bytes: files.reduce((sum, each) => sum + each.size, 0),
        unchanged: 0,
        remove: 0,
      };
      const sync = step.home.exists ? await previewSync({ ...step, signal }, place, channel) : all;
      const sent = `${counted(sync.send, 'file')} (${size(sync.bytes)}) would be uploaded`;
      return {
        part: `Input ${channel.name}`,
        text: `${sent}, ${count(sync.unchanged)} unchanged, ${count(sync.remove)} would be removed`,
      };
    }),
  );
}

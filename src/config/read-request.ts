/** Reads the input `request`: an object in YAML or JSON, which is YAML too. */

import { parseDocument } from 'yaml';
import type { Secrets } from '../code/secrets.ts';
import { InputProblem, type Mistake } from '../core/errors.ts';
import { type Attempt, attemptsOf } from '../job/attempts.ts';
import { type RequestProblem, requestProblems } from '../job/check-request.ts';
import { type RequestOverride, refusals, withOverride } from '../job/override.ts';
import { trainingJobRequest } from '../job/request.ts';
import type { TaskSpec } from './spec.ts';

const REMEDY = 'write an object in YAML or JSON, for example "RetryStrategy: {MaximumRetryAttempts: 2}".';

/** Throws an InputProblem if the text is not an object. */
export function parseOverride(text: string): RequestOverride {
  // Messages of the parser quote the text, which may be secret.
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true, logLevel: 'silent' });
  const [wrong] = [...document.errors, ...document.warnings];
  if (wrong !== undefined) {
    const line = wrong.linePos?.[0].line;
    throw new InputProblem(
      `the value is not valid YAML (${wrong.code}${line === undefined ? '' : ` in line ${line}`})`,
      REMEDY,
    );
  }
  const value = plainValue(document);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputProblem('the value is not an object', REMEDY);
  return value as RequestOverride;
}

/** The value without anchors. Throws an InputProblem for a value that contains itself, and for too many aliases. */
function plainValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }))) as unknown;
  } catch (cause) {
    throw new InputProblem('the value has aliases that lead in a circle, to nothing, or to too much', REMEDY, {
      cause,
    });
  }
}

/** What the action and the API would refuse in the override. */
export function overrideMistakes(override: RequestOverride, spec: TaskSpec): Mistake[] {
  const refused = [
    ...refusals(override, spec.resources, spec.code.start.kind),
    ...secretRefusals(override, spec.code.secrets),
  ];
  if (refused.length > 0) return refused.map(mistake);
  const problems = attemptsOf(spec.resources).map((attempt) =>
    requestProblems(withOverride(exampleRequest(spec, attempt), override)).filter(
      ({ path }) => !OTHER_INPUTS.test(path),
    ),
  );
  return (problems.find((each) => each.length > 0) ?? []).map(mistake);
}

/** The launcher would set the variable to the secret. */
function secretRefusals({ Environment: environment }: RequestOverride, secrets: Secrets): RequestProblem[] {
  const names = typeof environment === 'object' && environment !== null ? Object.keys(environment) : [];
  return names
    .filter((name) => secrets.has(name))
    .map((name) => ({
      path: `Environment.${name}`,
      problem: 'is set by "secrets" too',
      remedy: 'remove one of the two.',
    }));
}
/** Not from the override. SageMaker itself says which instance types it has: it may have more than the model. */
const OTHER_INPUTS = /^ResourceConfig\.(?:InstanceType|InstancePreferences)\b/;

function mistake({ path, problem, remedy }: RequestProblem): Mistake {
  return { input: 'request', problem: `${path} ${problem}`, remedy };
}

const PLACE = { bucket: 'bucket', key: 'folder/' };

/** The task's request with valid values for what is known only later. */
function exampleRequest(spec: TaskSpec, attempt: Attempt): object {
  const staged = {
    job: 'job',
    bucket: spec.aws.bucket ?? 'bucket',
    region: spec.aws.region,
    roleArn: 'arn:aws:iam::123456789012:role/role',
    imageUri: 'image',
    version: '1',
    fingerprint: 'f',
    attempt,
    channels: spec.channels.map((channel) => ({
      ...channel,
      files: undefined,
      uri: PLACE,
      grant: PLACE,
      fact: undefined,
    })),
  };
  const run = {
    ...{ repository: 'r', ref: 'r', sha: 's', runId: '1', attempt: 0, event: '', payload: {} },
    ...{ isHosted: false, jobStart: undefined, url: undefined, action: '', region: '', workspace: '' },
  };
  return trainingJobRequest(spec, staged, run);
}

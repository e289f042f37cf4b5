/**
 * The input `request`: an object that is merged last into CreateTrainingJob, for what has no input of its own. What the
 * action needs for itself cannot be overridden. Has no side effects.
 */

import type { Start } from '../code/start.ts';
import { hashText } from '../core/hash-text.ts';
import { CODE_CHANNEL } from '../core/s3-layout.ts';
import { isObject, type RequestProblem } from './check-request.ts';

export type RequestOverride = Readonly<Record<string, unknown>>;

/** Member → why the action needs it, and what to do. A member that begins with one of these paths is refused too. */
const NEEDED: Readonly<Record<string, readonly [string, string]>> = {
  TrainingJobName: ['the action names its jobs, so that it finds them again', 'remove it.'],
  RoleArn: ['the action checks the role of its jobs', 'use the input "execution-role".'],
  HyperParameters: ['the action brings them to the code too', 'use the input "hyperparameters".'],
  CheckpointConfig: ["the action keeps the task's state there", 'remove it.'],
  'AlgorithmSpecification.TrainingImage': ['the fingerprint depends on it', 'use the input "image" or "framework".'],
  'AlgorithmSpecification.AlgorithmName': ['the action runs images', 'use the input "image" or "framework".'],
  'AlgorithmSpecification.TrainingInputMode': ['each channel has its own mode', 'use the input "inputs".'],
  'AlgorithmSpecification.ContainerEntrypoint': ["the action's launcher starts the code", 'use the input "run".'],
  'AlgorithmSpecification.ContainerArguments': ["the action's launcher starts the code", 'use the input "arguments".'],
  EnableManagedSpotTraining: ['the limits of waiting depend on it', 'use the input "spot".'],
  'OutputDataConfig.S3OutputPath': ['the action finds the results there', 'use the inputs "bucket" and "prefix".'],
  'OutputDataConfig.CompressionType': ['the action downloads the results', 'use the input "model-compression".'],
  'ResourceConfig.InstanceType': ['the image depends on it', 'use the input "instance-type".'],
  'ResourceConfig.InstanceCount': ['the action reads a log for each instance', 'use the input "instance-count".'],
  'ResourceConfig.InstancePreferences': ['the image depends on it', 'use the input "instance-type".'],
};

/** An image that starts with its own entry point may get another one. */
const ENTRYPOINT = 'AlgorithmSpecification.ContainerEntrypoint';

/** Members that determine the job's result, so that the fingerprint covers them. */
const COVERED = ['Environment', 'InputDataConfig', 'ModelPackageConfig', 'ServerlessJobConfig'];

/** Lists whose items have names: an item with the name of another one is merged into it. */
const NAMED: Readonly<Record<string, string>> = {
  InputDataConfig: 'ChannelName',
  Tags: 'Key',
  'AlgorithmSpecification.MetricDefinitions': 'Name',
};

/** What the override must not set, and instance groups that contradict the inputs. */
export function refusals(
  override: RequestOverride,
  { instanceTypes, instanceCount }: { readonly instanceTypes: readonly string[]; readonly instanceCount: number },
  start: Start['kind'],
): RequestProblem[] {
  const needed = membersOf(override).flatMap((path): RequestProblem[] => {
    if (/(?:^|\.)__proto__$/.test(path))
      return [{ path, problem: 'is not a member of CreateTrainingJob', remedy: 'remove it.' }];
    if (path === ENTRYPOINT && start === 'image') return [];
    const [why, remedy] = (Object.hasOwn(NEEDED, path) ? NEEDED[path] : undefined) ?? [];
    return why === undefined || remedy === undefined ? [] : [{ path, problem: `cannot be overridden: ${why}`, remedy }];
  });
  const channels = itemsOf(override['InputDataConfig']).some(({ ChannelName: name }) => name === CODE_CHANNEL)
    ? [
        {
          path: 'InputDataConfig',
          problem: `names the channel ${CODE_CHANNEL}, which brings the code`,
          remedy: 'use another name.',
        },
      ]
    : [];
  const tags = itemsOf(override['Tags']).flatMap(({ Key: key }): RequestProblem[] =>
    typeof key === 'string' && /^(?:SimpleSagemaker|aws:)/i.test(key)
      ? [{ path: 'Tags', problem: `sets ${key}, which is reserved for the action or AWS`, remedy: 'use another key.' }]
      : [],
  );
  return [
    ...needed,
    ...channels,
    ...tags,
    ...repeatedNames(override),
    ...groupRefusals(override, instanceTypes, instanceCount),
  ];
}

/** A name twice in a list, of which only one item would count. */
function repeatedNames(override: RequestOverride): RequestProblem[] {
  return Object.entries(NAMED).flatMap(([path, key]) => {
    const names = itemsOf(memberAt(override, path)).map((item) => item[key]);
    const twice = names.find((name, at) => name !== undefined && names.indexOf(name) !== at);
    return twice === undefined
      ? []
      : [{ path, problem: `has two items with the ${key} ${JSON.stringify(twice)}`, remedy: 'remove one of the two.' }];
  });
}

function memberAt(value: unknown, path: string): unknown {
  return path.split('.').reduce((at: unknown, name) => (isObject(at) ? at[name] : undefined), value);
}

/** The image is chosen for `instance-type`, and the log is read for `instance-count` instances. */
function groupRefusals(
  override: RequestOverride,
  instanceTypes: readonly string[],
  instanceCount: number,
): RequestProblem[] {
  const groups = instanceGroups(override);
  if (groups === undefined) return [];
  const path = 'ResourceConfig.InstanceGroups';
  const [instanceType = '', ...others] = instanceTypes;
  if (others.length > 0)
    return [{ path, problem: 'names types, and "instance-type" is a list too', remedy: 'name one type there.' }];
  const count = groups.reduce((sum, { InstanceCount: each }) => sum + (typeof each === 'number' ? each : 0), 0);
  const types = groups.map(({ InstanceType: type }) => String(type));
  return [
    ...(count === instanceCount
      ? []
      : [
          {
            path,
            problem: `has ${count} instances, and "instance-count" is ${instanceCount}`,
            remedy: `set "instance-count" to ${count}.`,
          },
        ]),
    ...(types.includes(instanceType)
      ? []
      : [
          {
            path,
            problem: `has no instance of the type ${instanceType}, for which the image is chosen`,
            remedy: 'set "instance-type" to the type of a group.',
          },
        ]),
  ];
}

/** The request with the override merged into it: objects member by member, lists of named items by name, other values replaced. */
export function withOverride<T extends object>(request: T, override: RequestOverride | undefined): T {
  if (override === undefined) return request;
  const merged = merge('', request, override) as Record<string, unknown>;
  // The API takes either groups or one type.
  if (instanceGroups(override) === undefined) return merged as T;
  const {
    InstanceType: _type,
    InstanceCount: _count,
    ...resources
  } = merged['ResourceConfig'] as Record<string, unknown>;
  return { ...merged, ResourceConfig: resources } as T;
}

/** Whether the override brings a channel with data of its own, which the action does not list. */
export function bringsData(override: RequestOverride | undefined): boolean {
  return itemsOf(override?.['InputDataConfig']).some((channel) => Object.hasOwn(channel, 'DataSource'));
}

/** The facts of the override for the fingerprint: member → hash. */
export function overrideFacts(override: RequestOverride | undefined): Readonly<Record<string, string>> {
  const groups = override && instanceGroups(override);
  const covered = Object.entries(override ?? {}).filter(([name]) => COVERED.includes(name));
  const entrypoint = override && memberAt(override, ENTRYPOINT);
  const all = [
    ...covered,
    ...(groups === undefined ? [] : [['InstanceGroups', groups] as const]),
    ...(entrypoint === undefined ? [] : [['ContainerEntrypoint', entrypoint] as const]),
  ];
  return Object.fromEntries(all.map(([name, value]) => [name, hashText(sortedJson(value))]));
}

function merge(path: string, base: unknown, more: unknown): unknown {
  if (isObject(base) && isObject(more)) {
    const merged: Record<string, unknown> = { ...base };
    for (const [name, value] of Object.entries(more))
      merged[name] = Object.hasOwn(base, name)
        ? merge(path === '' ? name : `${path}.${name}`, base[name], value)
        : value;
    return merged;
  }
  const key = NAMED[path];
  if (key === undefined || !Array.isArray(base) || !Array.isArray(more)) return more;
  const items = new Map(itemsOf(base).map((item) => [item[key], item]));
  for (const item of itemsOf(more)) {
    const known = items.get(item[key]);
    items.set(item[key], known === undefined ? item : (merge('', known, item) as RequestOverride));
  }
  // What is no item stays, for the check to name it.
  return [...items.values(), ...more.filter((item) => !isObject(item))];
}

/** The paths of all members, also of objects. */
function membersOf(value: RequestOverride, path = ''): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const own = path === '' ? name : `${path}.${name}`;
    return [own, ...(isObject(member) ? membersOf(member, own) : [])];
  });
}

function instanceGroups(override: RequestOverride): RequestOverride[] | undefined {
  const resources = override['ResourceConfig'];
  const groups = isObject(resources) ? resources['InstanceGroups'] : undefined;
  return Array.isArray(groups) ? itemsOf(groups) : undefined;
}

function itemsOf(list: unknown): RequestOverride[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}

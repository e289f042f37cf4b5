/**
 * Checks a CreateTrainingJob request with the API's own service model, so that a mistake is found before anything is
 * created. request-model.json is the model; scripts/request-model.py writes it.
 */

import model from './request-model.json' with { type: 'json' };

interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  readonly of?: string;
  readonly value?: string;
  readonly key?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
}

const SHAPES: Readonly<Record<string, Shape>> = model.shapes;

/** `path`: the member, for example `InputDataConfig[1].DataSource`. Empty for the request itself. */
export interface RequestProblem {
  readonly path: string;
  /** Follows the path in a sentence, without a full stop. */
  readonly problem: string;
  readonly remedy: string;
}

/** What the API would refuse in the request. */
export function requestProblems(request: unknown): RequestProblem[] {
  return problemsIn('', request, model.root);
}

function problemsIn(path: string, value: unknown, name: string): RequestProblem[] {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`The service model has no shape ${name}.`);
  switch (shape.type) {
    case 'structure':
      return inStructure(path, value, shape);
    case 'list':
      if (!Array.isArray(value)) return [wrong(path, 'is not a list', 'write a list.')];
      return [
        ...inRange(path, value.length, shape, 'items'),
        ...value.flatMap((item: unknown, at) => problemsIn(`${path}[${at}]`, item, shape.of ?? '')),
      ];
    case 'map':
      if (!isObject(value)) return [wrong(path, 'is not a map', 'write names with their values.')];
      return [
        ...inRange(path, Object.keys(value).length, shape, 'names'),
        ...Object.entries(value).flatMap(([key, item]) => [
          ...problemsIn(`${path}.${key}`, key, shape.key ?? '').map((each) => ({
            ...each,
            problem: `is a name that ${each.problem}`,
          })),
          ...problemsIn(`${path}.${key}`, item, shape.value ?? ''),
        ]),
      ];
    case 'string':
      return inString(path, value, shape);
    case 'boolean':
      return typeof value === 'boolean' ? [] : [wrong(path, 'is not a boolean', 'write true or false.')];
    default:
      return inNumber(path, value, shape);
  }
}

function inStructure(path: string, value: unknown, { members = {}, required = [] }: Shape): RequestProblem[] {
  if (!isObject(value))
    return [wrong(path, 'is not an object', `write an object with ${listed(Object.keys(members))}.`)];
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  return [
    ...missing.map((name) => wrong(below(path, name), 'is missing', 'the API requires it.')),
    ...Object.entries(value).flatMap(([name, member]) => {
      const shape = Object.hasOwn(members, name) ? members[name] : undefined;
      if (shape !== undefined) return problemsIn(below(path, name), member, shape);
      return [wrong(below(path, name), 'is not a member of CreateTrainingJob', remedyFor(name, Object.keys(members)))];
    }),
  ];
}

function inString(path: string, value: unknown, shape: Shape): RequestProblem[] {
  if (typeof value !== 'string') return [wrong(path, 'is not a string', 'put it in quotes.')];
  if (shape.enum !== undefined && !shape.enum.includes(value))
    return [wrong(path, `has the value "${value}", which the API does not know`, `use ${listed(shape.enum)}.`)];
  const length = inRange(path, value.length, shape, 'characters');
  if (length.length > 0 || shape.pattern === undefined || expression(shape.pattern).test(value)) return length;
  return [wrong(path, `has the value "${value}", which the API does not take`, `it must match ${shape.pattern}.`)];
}

function inNumber(path: string, value: unknown, shape: Shape): RequestProblem[] {
  if (typeof value !== 'number' || (shape.type === 'integer' && !Number.isInteger(value)))
    return [wrong(path, 'is not a number', shape.type === 'integer' ? 'write a whole number.' : 'write a number.')];
  return inRange(path, value, shape, undefined);
}

/** `unit`: undefined if the value itself must be in the range. */
function inRange(path: string, value: number, { min, max }: Shape, unit: string | undefined): RequestProblem[] {
  if (value >= (min ?? value) && value <= (max ?? value)) return [];
  const range =
    min !== undefined && max !== undefined
      ? `${min} to ${max}`
      : min !== undefined
        ? `at least ${min}`
        : `at most ${max}`;
  const problem = unit === undefined ? `is ${value}` : `has ${value} ${unit}`;
  return [wrong(path, problem, `the API takes ${range}${unit === undefined ? '' : ` ${unit}`}.`)];
}

/** The whole value must match. Java's class of letters and digits, which the model uses, is not one of JavaScript's. */
export function expression(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern.replaceAll('\\p{Alnum}', 'a-zA-Z0-9')})$`, /\\p\{/.test(pattern) ? 'u' : '');
}

function remedyFor(name: string, known: readonly string[]): string {
  const same = known.find((member) => member.toLowerCase() === name.replace(/[-_]/g, '').toLowerCase());
  return same === undefined ? `use ${listed(known)}.` : `write ${same}.`;
}

function listed(names: readonly string[]): string {
  const [last, ...others] = [...names.slice(0, MOST_LISTED)].reverse();
  if (names.length > MOST_LISTED) return `${names.slice(0, MOST_LISTED).join(', ')}, …`;
  return others.length === 0 ? (last ?? '') : `${others.reverse().join(', ')} or ${last}`;
}

const MOST_LISTED = 30;

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function wrong(path: string, problem: string, remedy: string): RequestProblem {
  return { path, problem, remedy };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Checks requests and answers by GitHub's own description of its API: openapi.json, of which scripts/github-api.mjs says where
 * it is from.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

interface Reference {
  readonly $ref?: string;
}
interface Parameter extends Reference {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: object;
}
interface Content {
  readonly content?: { readonly 'application/json'?: { readonly schema: Schema } };
}
type Schema = Reference & { readonly properties?: Readonly<Record<string, unknown>> };
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Reference & Content>>;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly [kind: string]: Readonly<Record<string, unknown>>;
    readonly examples: Readonly<Record<string, { readonly value: unknown }>>;
  };
}

const description = JSON.parse(readFileSync(join(import.meta.dirname, 'openapi.json'), 'utf8')) as Description;
// OpenAPI 3.0 has words of its own beside JSON schema's.
const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: true });
formats.default(ajv);
const exact = new Ajv({ strict: false, allErrors: true });
formats.default(exact);
for (const each of [ajv, exact]) each.addSchema({ $id: 'github', ...description });

/** What a path of the API is: its operation and the values of its parameters. */
export interface Matched {
  readonly operation: Operation;
  readonly id: string;
  readonly path: Readonly<Record<string, string>>;
}

/** The operation of a request; undefined for one that the action is not known to need. */
export function match(method: string, path: string): Matched | undefined {
  for (const [template, methods] of Object.entries(description.paths)) {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const found = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '([^/]+)')}$`).exec(path);
    const operation = methods[method.toLowerCase()];
    if (found === null || operation === undefined) continue;
    const values = names.map((name, at): [string, string] => [name, decodeURIComponent(found[at + 1] ?? '')]);
    return { operation, id: operation.operationId, path: Object.fromEntries(values) };
  }
  return undefined;
}

/** What GitHub's description does not allow in a request. A member that it does not know is a mistake too. */
export function requestProblems({ operation, path }: Matched, query: URLSearchParams, body: unknown): string[] {
  const parameters = operation.parameters.map((each) => resolved<Parameter>(each));
  const problems = parameters.flatMap((parameter) => {
    const value = parameter.in === 'path' ? path[parameter.name] : query.get(parameter.name);
    if (value === undefined || value === null)
      return parameter.required === true ? [`${parameter.name} is missing`] : [];
    return failures(ajv.compile(pointed(parameter.schema)), value, parameter.name);
  });
  const known = parameters.filter(({ in: place }) => place === 'query').map(({ name }) => name);
  problems.push(...[...query.keys()].filter((key) => !known.includes(key)).map((key) => `${key} is not a parameter`));
  const schema = operation.requestBody?.content?.['application/json']?.schema;
  if (schema === undefined) return body === undefined ? problems : [...problems, 'there is a body'];
  const members = Object.keys(schema.properties ?? {});
  const unknown = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  return [
    ...problems,
    ...failures(exact.compile(pointed(schema)), body, 'body'),
    ...unknown.filter((key) => !members.includes(key)).map((key) => `${key} is not a member of the body`),
  ];
}

/** What the description does not allow in an answer. Statuses that it does not name have a basic error. */
export function answerProblems({ operation }: Matched, status: number, data: unknown): string[] {
  const named = operation.responses[String(status)];
  const schema =
    named === undefined
      ? { $ref: '#/components/schemas/basic-error' }
      : resolved<Content>(named).content?.['application/json']?.schema;
  if (schema === undefined) return data === undefined ? [] : ['there is a body'];
  return failures(exact.compile(pointed(schema)), data, 'answer');
}

/** An answer of the description's examples, to change. */
export function example(name: string): Record<string, unknown> {
  const value = structuredClone(description.components.examples[name]?.value);
  return (Array.isArray(value) ? value[0] : value) as Record<string, unknown>;
}

function failures(validate: ValidateFunction, value: unknown, name: string): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${name}${instancePath} ${message}`);
}

function resolved<T>(value: T & Reference): T {
  const [, , kind = '', name = ''] = value.$ref?.split('/') ?? [];
  return value.$ref === undefined ? value : (description.components[kind]?.[name] as T);
}

/** The schema with its references into the whole description. */
function pointed(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"github#/')) as object;
}

/** Checks a report by docs/report.schema.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
export const SCHEMA = JSON.parse(readFileSync(join(DOCS, 'report.schema.json'), 'utf8')) as object;

/** The schema, in which members that it does not know are wrong: then the schema has them all. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const all = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, strict(member)]));
  return 'properties' in value ? { ...all, additionalProperties: false } : all;
}

const ajv = new Ajv({ allErrors: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ } });
const validate = ajv.compile(strict(SCHEMA) as object);

/** What is wrong with the report, a line each. */
export function schemaProblems(report: unknown): string[] {
  return validate(report) ? [] : (validate.errors ?? []).map((error) => ajv.errorsText([error]));
}

/**
 * The command line and the job files that the launcher reads (toolkit/task_toolkit). Hyperparameters become arguments as
 * AWS's sagemaker-training 5.1 forms them: sorted by name, `--key value`, one-letter keys `-x`; values as Python's str().
 */
import { posix } from 'node:path';
import type { Distribution } from './distribution.ts';
import { formatJson, type Json, JsonNumber } from './parse.ts';
import type { TaskSpec } from './spec.ts';

/** What starts: a file of the code or shell lines by our launcher, or the image's own entry point. */
export type Start = CodeStart | { readonly kind: 'image' };

/** What the launcher starts. */
export type CodeStart =
  | { readonly kind: 'entrypoint'; readonly path: string }
  | { readonly kind: 'run'; readonly text: string };

/** A file for the code archive: its path there, and its text. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

type JsonMap = { readonly [key: string]: Json };

/** The entrypoint's path in the archive: alone, it is at the root. */
export function archivedEntrypoint({ sourceDir }: Pick<TaskSpec, 'sourceDir'>, entrypoint: string): string {
  return sourceDir === undefined ? posix.basename(entrypoint) : entrypoint.replace(/^(\.\/+)+/, '');
}

/** `--key value` for each hyperparameter; an argument each, never a joined string. */
export function hyperparameterArguments(hyperparameters: ReadonlyMap<string, Json>): string[] {
  return sorted(hyperparameters).flatMap(([key, value]) => [
    key.length > 1 ? `--${key}` : `-${key}`,
    argumentValue(value),
  ]);
}

/** The files of `task_toolkit/` that differ from job to job. */
export function jobFiles(
  start: CodeStart,
  hyperparameters: ReadonlyMap<string, Json>,
  args: readonly string[],
  distribution: Distribution,
): TextFile[] {
  const entrypoint = start.kind === 'entrypoint' ? start.path : null;
  const torchrun =
    distribution.kind === 'torchrun' ? { torchrun: { processes: distribution.processes ?? null } } : null;
  const job = { entrypoint, run: start.kind === 'run', arguments: args, distribution: torchrun };
  const files: TextFile[] = [
    { path: 'task_toolkit/job.json', text: `${JSON.stringify(job)}\n` },
    { path: 'task_toolkit/job.sh', text: jobShell(entrypoint ?? '', hyperparameters, args, torchrun !== null) },
  ];
  if (start.kind === 'run')
    files.push({ path: 'task_toolkit/run.sh', text: start.text.endsWith('\n') ? start.text : `${start.text}\n` });
  return files;
}

/** The same as job.json for an image without Python: variables and positional parameters, each a quoted word. */
function jobShell(
  entrypoint: string,
  hyperparameters: ReadonlyMap<string, Json>,
  args: readonly string[],
  distributed: boolean,
): string {
  const words = [...hyperparameterArguments(hyperparameters), ...args];
  const variables = sorted(hyperparameters)
    .map(([key, value]) => [`SM_HP_${key.toUpperCase()}`, variableValue(value)] as const)
    .filter(([name]) => /^[A-Z_][A-Z0-9_]*$/.test(name));
  const all = [
    ['SM_HPS', variableValue(Object.fromEntries(hyperparameters))],
    ['SM_USER_ARGS', variableValue(words)],
    ...variables,
  ];
  return [
    `ssm_entrypoint=${shellWord(entrypoint)}`,
    `ssm_distribution=${distributed ? 'torchrun' : ''}`,
    ...all.map(([name, value]) => `export ${name}=${shellWord(value ?? '')}`),
    `set -- ${words.map(shellWord).join(' ')}`.trimEnd(),
    '',
  ].join('\n');
}

/** The value of a variable as AWS's toolkit forms it: a string as it is, the rest as JSON in ASCII. */
function variableValue(value: Json): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return formatJson(value).replace(/[\u0080-\uffff]/g, escaped);
}

/** A POSIX shell word that is exactly this text. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function sorted(hyperparameters: ReadonlyMap<string, Json>): [string, Json][] {
  return [...hyperparameters].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function argumentValue(value: Json): string {
  if (value === null) return '';
  if (isMap(value)) {
    return sorted(new Map(Object.entries(value)))
      .map(([key, member]) => `${key}=${pythonText(member)}`)
      .join(',');
  }
  return pythonText(value);
}

/** Python's str() of the value. */
function pythonText(value: Json): string {
  return typeof value === 'string' ? value : pythonLiteral(value);
}

/** Python's repr() of the value; of strings the common case: quotes and backslashes are escaped. */
function pythonLiteral(value: Json): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof JsonNumber) return value.source;
  if (typeof value === 'string') {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
    return quote + value.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\n', '\\n') + quote;
  }
  if (isMap(value)) {
    const members = Object.entries(value).map(([key, member]) => `${pythonLiteral(key)}: ${pythonLiteral(member)}`);
    return `{${members.join(', ')}}`;
  }
  return `[${(value as readonly Json[]).map(pythonLiteral).join(', ')}]`;
}

function isMap(value: Json): value is JsonMap {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** The files and arguments with which the launcher starts the user's code. */

import { formatJson, isMap, type Json, JsonNumber } from '../core/json.ts';
import type { TextFile } from '../core/local-file.ts';
import { launcherSecret } from './secrets.ts';
import type { CodeSpec } from './spec.ts';
import type { CodeStart } from './start.ts';

/** The folders that the action adds at the code's root: its worker library, and the one of `ssm` 0.9.24. */
export const TOOLKIT_FOLDERS: readonly string[] = ['task_toolkit', 'worker_toolkit'];

/** `--key value` for each hyperparameter, as two arguments: no shell ever splits them. `--key` alone for a flag. */
export function hyperparameterArguments(
  hyperparameters: ReadonlyMap<string, Json>,
  flags: ReadonlySet<string> = new Set(),
): string[] {
  return sorted(hyperparameters).flatMap(([key, value]) => {
    const name = key.length > 1 ? `--${key}` : `-${key}`;
    return flags.has(key) ? [name] : [name, argumentValue(value)];
  });
}

type CodeArguments = Pick<CodeSpec, 'hyperparameters' | 'flags' | 'arguments' | 'distribution' | 'secrets'>;

/**
 * The files of `task_toolkit/` that are different for each job. `dependencies`: names at the code's root that are not of
 * the project there, so that the launcher does not install them as a part of it.
 */
export function jobFiles(start: CodeStart, spec: CodeArguments, dependencies: readonly string[] = []): TextFile[] {
  const { distribution, flags, secrets } = spec;
  const entrypoint = start.kind === 'entrypoint' ? start.path : null;
  const torchrun =
    distribution.kind === 'torchrun' ? { torchrun: { processes: distribution.processes ?? null } } : null;
  const job = {
    ...{ entrypoint, run: start.kind === 'run', arguments: spec.arguments, flags: [...flags], distribution: torchrun },
    ...(dependencies.length === 0 ? {} : { dependencies }),
    ...(secrets.size === 0
      ? {}
      : { secrets: Object.fromEntries([...secrets].map(([name, each]) => [name, launcherSecret(each)])) }),
  };
  const files: TextFile[] = [
    { path: 'task_toolkit/job.json', text: `${JSON.stringify(job)}\n` },
    { path: 'task_toolkit/job.sh', text: jobShell(entrypoint ?? '', spec) },
  ];
  if (start.kind === 'run')
    files.push({ path: 'task_toolkit/run.sh', text: start.text.endsWith('\n') ? start.text : `${start.text}\n` });
  return files;
}

/** The content of job.json for an image without Python: shell variables and positional parameters, quoted. */
function jobShell(entrypoint: string, spec: CodeArguments): string {
  const { hyperparameters, flags, distribution, secrets } = spec;
  const words = [...hyperparameterArguments(hyperparameters, flags), ...spec.arguments];
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
    `ssm_distribution=${distribution.kind === 'torchrun' ? 'torchrun' : ''}`,
    `ssm_secrets=${secrets.size === 0 ? '' : '1'}`,
    ...all.map(([name, value]) => `export ${name}=${shellWord(value ?? '')}`),
    `set -- ${words.map(shellWord).join(' ')}`.trimEnd(),
    '',
  ].join('\n');
}

/** The value of a variable, formatted as AWS's toolkit does: a string as it is, any other value as JSON in ASCII. */
function variableValue(value: Json): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return formatJson(value).replace(/[\u0080-\uffff]/g, escaped);
}

/** The text, quoted as one word for a POSIX shell. */
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

/** Python's repr() of the value. Strings: only quotes, backslashes and newlines are escaped. */
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

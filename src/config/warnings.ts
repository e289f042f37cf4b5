/** What to warn of before a run: inputs that are no mistakes, but give away more than their author may think. */

import { hasCredentialForm, isCredential } from '../core/credential-forms.ts';
import { isMap, type Json, JsonNumber } from '../core/json.ts';
import { roleName } from '../core/names.ts';
import type { RunContext } from '../core/run-context.ts';
import { isUnmerged } from '../core/s3-layout.ts';
import type { TaskSpec } from './spec.ts';
import { placeWarning } from './unmerged.ts';

export function warningsOf(spec: TaskSpec, context: Pick<RunContext, 'event' | 'payload' | 'sha'>): readonly string[] {
  const all = [placeWarning(spec.place.prefix, context), grantWarning(spec), ...credentialWarnings(spec)];
  return all.filter((text) => text !== undefined);
}

/** Whoever can open a pull request decides what its job does, and the role's policies are never removed. */
function grantWarning({ mode, place, role, code: { secrets } }: TaskSpec): string | undefined {
  if (mode.kind !== 'run' || secrets.size === 0 || role.existing !== undefined || !isUnmerged(place)) return undefined;
  return (
    `secrets: this run can run code that is not merged. It allows the role ${roleName(place)} to read ` +
    `${[...secrets.keys()].join(', ')}, and from now on the jobs of all pull requests have that role. Set "execution-role" to ` +
    'a role that may read only what every pull request may: docs/secrets.md.'
  );
}

const REMEDY = 'Keep it in Secrets Manager or the Parameter Store, and name it in "secrets" (docs/secrets.md).';

/** Each names the keys, and none shows a value. */
function credentialWarnings({ code }: TaskSpec): string[] {
  const found = {
    environment: [...code.environment].filter(([name, value]) => isCredential(name, value)).map(([name]) => name),
    hyperparameters: namesIn([...code.hyperparameters]),
    arguments: wordsIn(code.arguments),
    run: code.start.kind === 'run' ? linesIn(code.start.text) : [],
  };
  const shown = {
    environment: 'Whoever may describe training jobs can read it.',
    hyperparameters: 'Whoever may describe training jobs can read it, and the log shows it.',
    arguments: 'Whoever may read the bucket can read it, and the log shows it.',
    run: 'Whoever may read the bucket or the workflow can read it.',
  };
  return (Object.keys(found) as (keyof typeof found)[])
    .filter((input) => found[input].length > 0)
    .map((input) => {
      const [first = '', ...others] = found[input];
      const verb = others.length === 0 ? 'looks like a credential' : 'look like credentials';
      return `${input}: ${[first, ...others].join(', ')} ${verb}. ${shown[input]} ${REMEDY}`;
    });
}

/** Names with credentials as values, of objects in objects too: `auth.api_key`. */
function namesIn(pairs: readonly (readonly [string, Json])[], path = ''): string[] {
  return pairs.flatMap(([name, value]) => {
    const own = path + name;
    if (typeof value === 'string') return isCredential(name, value) ? [own] : [];
    if (value === null || typeof value !== 'object' || value instanceof JsonNumber) return [];
    return isMap(value)
      ? namesIn(Object.entries(value), `${own}.`)
      : namesIn(
          value.map((each) => [name, each]),
          path,
        );
  });
}

/** `--name value`, `--name=value`, `NAME=value`, or a word by itself. */
function wordsIn(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    const end = word.indexOf('=');
    const name = word.slice(0, Math.max(end, 0));
    if (/^-{0,2}[A-Za-z_][\w.-]*$/.test(name)) return isCredential(name, word.slice(end + 1)) ? [name] : [];
    const option = words[at - 1] ?? '';
    if (/^--?[A-Za-z][\w.-]*$/.test(option)) return isCredential(option, word) ? [option] : [];
    return hasCredentialForm(word) ? [`word ${at + 1}`] : [];
  });
}

const SHELL_VALUE = `("[^"]*"|'[^']*'|[^\\s;&|"']+)`;
/** `NAME=value` and `--name=value`; `--name value`. */
const ASSIGNED = [
  `(?<![\\w$-])((?:--)?[A-Za-z_][\\w-]*)=${SHELL_VALUE}`,
  `(?<!\\S)(--[A-Za-z][\\w-]*)\\s+${SHELL_VALUE}`,
];

/** The lines of a shell that give a name such a value, or have a form of a credential anywhere. */
function linesIn(text: string): string[] {
  return text.split('\n').flatMap((line, at) => {
    const pairs = ASSIGNED.flatMap((pattern) => [...line.matchAll(new RegExp(pattern, 'g'))]);
    const [, name] =
      pairs.find(([, name = '', value = '']) => isCredential(name, value.replace(/^["']|["']$/g, ''))) ?? [];
    if (name !== undefined) return [`line ${at + 1} (${name})`];
    return hasCredentialForm(line) ? [`line ${at + 1}`] : [];
  });
}

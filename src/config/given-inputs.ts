/** The inputs that a workflow sets, for the report: without what may be secret. */

import { mayBeSecret } from '../core/redact.ts';
import { INPUTS, type InputName, isGiven, type RawInputs } from './inputs.ts';

const HIDDEN = '***';
/** Characters. A longer value is cut. */
const MOST = 2_000;

/** Values of variables and arguments are hidden in any case, as a plan hides them. */
const NAMES_ONLY: readonly InputName[] = ['environment'];
const ALL_HIDDEN: readonly InputName[] = ['arguments'];

/** Input → its value as given, in the order of action.yml. A token is not in it. */
export function givenInputs(raw: RawInputs): ReadonlyMap<string, string> {
  const given = INPUTS.filter((input) => isGiven(raw, input) && !input.endsWith('token'));
  return new Map(given.map((input) => [input, shown(input, raw[input].trim())]));
}

function shown(input: InputName, value: string): string {
  if (ALL_HIDDEN.includes(input)) return HIDDEN;
  if (NAMES_ONLY.includes(input)) return namesOf(value);
  // Variables are in any form in it.
  if (input === 'request' && /Environment|ContainerArguments/.test(value)) return HIDDEN;
  // The lines of an object, of a list and of a key belong together.
  if ((/^[[{]/.test(value) && mayBeSecret(value)) || value.includes('PRIVATE KEY')) return HIDDEN;
  const lines = value.split('\n').map((line) => (mayBeSecret(line) ? HIDDEN : line));
  const text = lines.join('\n');
  return text.length > MOST ? `${text.slice(0, MOST)}… (${text.length - MOST} characters more)` : text;
}

/** `NAME=***` of each line. Of another form than `NAME=value`, nothing is shown. */
function namesOf(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  const names = lines.map((line) => /^\s*([A-Za-z_][A-Za-z0-9_]*)=/.exec(line)?.[1]);
  return names.some((name) => name === undefined) ? HIDDEN : names.map((name) => `${name}=${HIDDEN}`).join('\n');
}

/** Reads what the worker starts. */

import type { Start } from '../code/start.ts';
import { isGiven, type RawInputs, type Report } from './inputs.ts';
import type { Mode } from './spec.ts';

/** `entrypoint`, `run`, or, with neither, the entry point of the user's image. */
export function readStart(raw: RawInputs, mode: Mode, wrong: Report, path: (text: string) => string): Start {
  if (mode.kind !== 'run' && mode.kind !== 'plan') return { kind: 'run', text: '' };
  const entrypoint = path(raw.entrypoint.trim());
  const hasRun = raw.run.trim() !== '';
  if (entrypoint !== '' && hasRun) wrong('run', 'it cannot be combined with "entrypoint"', 'remove one of the two.');
  if (entrypoint === '' && !hasRun) {
    if (isGiven(raw, 'image') || isGiven(raw, 'dockerfile')) return { kind: 'image' };
    wrong(
      'entrypoint',
      'neither "entrypoint" nor "run" is set',
      'set "entrypoint" to a .py or .sh file, set "run" to shell lines, or use an "image" or "dockerfile" that has an entry point.',
    );
  }
  if (entrypoint === '') return { kind: 'run', text: raw.run };
  if (!/\.(py|sh)$/.test(entrypoint)) {
    wrong(
      'entrypoint',
      `"${entrypoint}" is neither a .py nor a .sh file`,
      'use such a file, or start yours with "run".',
    );
  }
  return { kind: 'entrypoint', path: entrypoint };
}

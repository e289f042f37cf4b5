/** Describes what changed between two runs of a task. */

import { ASPECTS, type Aspect, type Facts, FLAG, LONGEST_VALUE } from './fingerprint.ts';

/** How many changes of an aspect are named. */
const MOST_SHOWN = 5;

/** For example `code: worker.py; hyperparameters: lr 0.1 → 0.01`. Empty if nothing has changed. */
export function changes(before: Facts, now: Facts): string {
  return changedAspects(before, now).join('; ');
}

/** The same as a text for each aspect: `hyperparameters: lr 0.1 → 0.01`. */
export function changedAspects(before: Facts, now: Facts): string[] {
  return ASPECTS.flatMap((aspect) => {
    const all = aspectChanges(aspect, before, now);
    const shown = all.length > MOST_SHOWN ? [...all.slice(0, MOST_SHOWN), `${all.length - MOST_SHOWN} more`] : all;
    return all.length === 0 ? [] : [`${aspect}: ${shown.join(', ')}`];
  });
}

function aspectChanges(aspect: Aspect, old: Facts, now: Facts): string[] {
  const [before, after] = [old[aspect], now[aspect]];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [was, is] = [valueIn(before, name), valueIn(after, name)];
    if (was === is) return [];
    if (was === undefined) return [`${name} added`];
    if (is === undefined) return [`${name} removed`];
    const shown = isReadable(was) && isReadable(is) ? fromTo(was, is) : '';
    // If an aspect has only one fact, the fact has the aspect's name. Do not repeat it.
    return [name === aspect ? shown || 'changed' : `${name} ${shown}`.trimEnd()];
  });
}

/** `old → new`. Two strings have no quotes. Beside another type a string keeps its quotes: "5" is not 5 in args.hps. */
function fromTo(was: string, is: string): string {
  const strings = [was, is].every((fact) => !/^(-?\d|json )/.test(fact));
  const bare = (fact: string): string => {
    if (fact === FLAG) return 'no value';
    return strings && fact.startsWith('"') ? fact.slice(1, -1) : fact;
  };
  return `${bare(was)} → ${bare(is)}`;
}

/** Whether a value means something to a reader. A hash does not. */
function isReadable(value: string): boolean {
  return value !== '' && value.length <= LONGEST_VALUE && !/^[0-9a-f]{64}/.test(value);
}

function valueIn(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

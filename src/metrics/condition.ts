/** The conditions of `fail-if`, one on each line: `METRIC OPERATOR NUMBER`. A name with blanks or operators is in quotes. */

import { InputProblem } from '../core/errors.ts';
import { named } from '../core/named.ts';

const OPPOSITES = { '<': '>=', '<=': '>', '>': '<=', '>=': '<', '==': '!=', '!=': '==' } as const;
export type Operator = keyof typeof OPPOSITES;

export interface Condition {
  /** As the input has it. */
  readonly text: string;
  readonly metric: string;
  readonly operator: Operator;
  readonly limit: number;
}

const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`;
const IS_NUMBER = new RegExp(`^${NUMBER}$`);
const PERCENT = new RegExp(`^(${NUMBER})\\s*%$`);
const COMMAS = /^[+-]?\d+(?:,\d+)+(?:\.\d+)?$/;
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;
const MIRRORED: Readonly<Record<string, Operator>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
/** What people write for an operator. */
const OTHERS: Readonly<Record<string, Operator>> = {
  ...{ '=': '==', '===': '==', '=<': '<=', '=>': '>=', '≤': '<=', '≥': '>=', '≠': '!=', '<>': '!=', '!==': '!=' },
};
const IN_WORDS: readonly (readonly [RegExp, Operator])[] = [
  [/\b(?:lower|less|smaller|worse|below|under)\b/i, '<'],
  [/\b(?:higher|greater|more|larger|bigger|above|over)\b/i, '>'],
];
/** A name has up to 255 characters. */
const LONGEST = 500;
const EXAMPLE = 'val_acc < 0.9';
const FORM = `write METRIC OPERATOR NUMBER, for example ${EXAMPLE}. The operators are <, <=, >, >=, == and !=.`;

/** Throws an InputProblem that shows the right form. */
export function parseCondition(text: string): Condition {
  if (text.length > LONGEST) throw new InputProblem(`${quote(text)} has more than ${LONGEST} characters`, FORM);
  const { name, isQuoted, rest } = split(text);
  const [, sign = '', right = ''] = /^([<>=!≤≥≠]*)\s*(.*)$/s.exec(rest) ?? [];
  if (!isQuoted) checkShape(text, name, sign, right);
  const operator = operatorOf(text, name, sign, right);
  const limit = limitOf(text, name, operator, right);
  if (IS_NUMBER.test(name) && !isQuoted)
    throw new InputProblem(`${quote(text)} has no metric: both sides are numbers`, FORM);
  if (name === '') throw new InputProblem(`${quote(text)} has no metric before ${operator}`, FORM);
  if (!isQuoted && /\s/.test(name)) {
    const quoted = `${name.includes('"') ? `'${name}'` : `"${name}"`} ${operator} ${right}`;
    throw new InputProblem(`the metric's name in ${quote(text)} has blanks`, `put it in quotes: ${named(quoted)}.`);
  }
  return { text, metric: name, operator, limit };
}

function split(text: string): { readonly name: string; readonly isQuoted: boolean; readonly rest: string } {
  const [, double, single, behind] = /^(?:"([^"]+)"|'([^']+)')\s*(.*)$/s.exec(text) ?? [];
  const quoted = double ?? single;
  if (quoted !== undefined) return { name: quoted, isQuoted: true, rest: behind ?? '' };
  const at = text.search(/[<>=!≤≥≠]/);
  if (at < 0) return { name: text.trim(), isQuoted: false, rest: '' };
  return { name: text.slice(0, at).trim(), isQuoted: false, rest: text.slice(at) };
}

/** Mistakes in what stands around a comparison. */
function checkShape(text: string, name: string, sign: string, right: string): void {
  const negated = /^(?:not\s+|!\s*(?!=))(.+)$/is.exec(text)?.[1];
  if (negated !== undefined) {
    const [, metric, operator, limit] = /^\(?\s*([^<>=!]+?)\s*([<>=!]+)\s*([^<>=!)]+)\)?$/.exec(negated) ?? [];
    const opposite = Object.entries(OPPOSITES).find(([each]) => each === operator)?.[1];
    const remedy = opposite === undefined ? FORM : `write the opposite: ${named(`${metric} ${opposite} ${limit}`)}.`;
    throw new InputProblem(`${quote(text)} negates a comparison, which is not supported`, remedy);
  }
  if (COMMAS.test(right)) return;
  if (/&&|\|\||\s(?:and|or)\s|[;,]/i.test(text) || /[<>=]/.test(right)) {
    const remedy = 'write each comparison on a line of its own. The step fails if any of them holds.';
    throw new InputProblem(`${quote(text)} is more than one comparison`, remedy);
  }
  const [, begun] = /^(?:(?:fail\s+)?(?:if|when)|fail)\s+(.+)$/is.exec(text) ?? [];
  if (begun !== undefined && sign !== '')
    throw new InputProblem(`${quote(text)} begins with a word`, `write only the comparison: ${named(begun)}.`);
  const mirrored = MIRRORED[sign];
  if (IS_NUMBER.test(name) && mirrored !== undefined && right !== '' && !IS_NUMBER.test(right))
    throw new InputProblem(`${quote(text)} begins with the number`, `write ${named(`${right} ${mirrored} ${name}`)}.`);
}

function operatorOf(text: string, name: string, sign: string, right: string): Operator {
  if (sign in OPPOSITES) return sign as Operator;
  const meant = OTHERS[sign];
  if (meant !== undefined)
    throw new InputProblem(`${quote(text)} compares by ${sign}`, `write ${named(`${name} ${meant} ${right}`)}.`);
  if (sign !== '') throw new InputProblem(`${quote(text)} compares by ${sign}, which is not an operator`, FORM);
  const [, metric, words, number] = new RegExp(`^(\\S+)\\s(.*)\\s(${NUMBER})$`, 's').exec(text) ?? [];
  const inWords = IN_WORDS.find(([pattern]) => pattern.test(words ?? ''))?.[1];
  const remedy = inWords === undefined ? FORM : `write ${named(`${metric} ${inWords} ${number}`)}.`;
  throw new InputProblem(`${quote(text)} has no comparison`, remedy);
}

function limitOf(text: string, name: string, operator: Operator, right: string): number {
  if (IS_NUMBER.test(right)) return Number(right);
  const percent = PERCENT.exec(right)?.[1];
  if (percent !== undefined) {
    const part = `${name} ${operator} ${Number((Number(percent) / 100).toPrecision(12))}`;
    const remedy = `write ${named(part)} or ${named(`${name} ${operator} ${percent}`)}, as the worker prints the metric.`;
    throw new InputProblem(`${quote(text)} compares with a percentage`, remedy);
  }
  if (right === '') {
    const remedy = `write one, for example ${EXAMPLE}. An expression in \${{ }} without a value leaves nothing.`;
    throw new InputProblem(`${quote(text)} has no number behind ${operator}`, remedy);
  }
  if (COMMAS.test(right)) {
    const remedy = 'write it with a point and nothing between the digits, for example 0.9 or 1000.';
    throw new InputProblem(`the number in ${quote(text)} has a comma`, remedy);
  }
  if (NOT_FINITE.test(right)) {
    const remedy =
      'remove it: a metric of a condition fails the step in any case if its last value is NaN or infinite.';
    throw new InputProblem(`${quote(text)} compares with ${right}`, remedy);
  }
  const remedy = `compare with a number, for example ${named(`${name} ${operator} 0.9`)}. A condition cannot compare two metrics.`;
  throw new InputProblem(`${quote(right)} in ${quote(text)} is not a number`, remedy);
}

function quote(text: string): string {
  return `"${named(text)}"`;
}

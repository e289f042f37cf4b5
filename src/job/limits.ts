/**
 * Checks the limits of CreateTrainingJob before the call, to report all mistakes together. Source: the service model
 * (botocore, sagemaker 2017-07-24: HyperParameters, TrainingEnvironmentMap, TagList, TrainingImage).
 */

import { InputProblem } from '../core/errors.ts';
import { formatJson, type Json } from '../core/json.ts';

export const MOST_HYPERPARAMETERS = 100;
const MOST_VARIABLES = 100;
/** The longest TrainingImage, in characters. */
export const LONGEST_IMAGE = 255;
/** SageMaker allows 50 tags. The action needs eight of them, and one more for a job that it does not wait for. */
export const MOST_TAGS = 42;

/** The value in script mode's form: JSON. */
export function hyperparameterText(value: Json): string {
  return formatJson(value);
}

/** The value for an image that starts with its own entry point: a string as it is, any other value as JSON. */
export function plainText(value: Json): string {
  return typeof value === 'string' ? value : formatJson(value);
}

export function checkHyperparameters<T extends ReadonlyMap<string, Json>>(map: T): T {
  atMost(map.size, MOST_HYPERPARAMETERS, 'hyperparameters', 'pass the rest as "arguments" or in a file of the code.');
  for (const [key, value] of map) {
    if (key === '' || key.length > 256)
      throw new InputProblem(`the name "${key}" has ${key.length} characters`, 'use 1 to 256.');
    if (key.startsWith('sagemaker_'))
      throw new InputProblem(
        `the name "${key}" begins with "sagemaker_", which is reserved for SageMaker`,
        'rename it.',
      );
    if (hyperparameterText(value).length > 2500) {
      throw new InputProblem(
        `the value of "${key}" has more than 2,500 characters as JSON`,
        'put it into a file of the code.',
      );
    }
  }
  return map;
}

export function checkEnvironment(map: Map<string, string>): Map<string, string> {
  atMost(map.size, MOST_VARIABLES, 'variables', 'put the rest into a file of the code.');
  for (const [key, value] of map) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,511}$/.test(key)) {
      const remedy = 'use up to 512 letters, digits and "_", and do not begin with a digit.';
      throw new InputProblem(`"${key}" is not a valid variable name`, remedy);
    }
    if (value.length > 512)
      throw new InputProblem(`the value of "${key}" has more than 512 characters`, 'put it into a file of the code.');
  }
  return map;
}

export function checkTags(map: Map<string, string>): Map<string, string> {
  atMost(map.size, MOST_TAGS, 'tags of your own', 'remove some.');
  for (const [key, value] of map) {
    if (!isTagText(key) || key === '' || key.length > 128 || /^aws:/i.test(key)) {
      throw new InputProblem(
        `"${key}" is not a valid tag key`,
        'use up to 128 letters, digits, spaces and _ . : / = + - @, and do not begin with "aws:".',
      );
    }
    if (!isTagText(value) || value.length > 256) {
      throw new InputProblem(
        `the value of the tag "${key}" is not valid`,
        'use up to 256 letters, digits, spaces and _ . : / = + - @.',
      );
    }
  }
  return map;
}

/** Makes a text a valid tag value: cuts it and replaces other characters by `_`. */
export function tagText(text: string): string {
  return [...text]
    .slice(0, 256)
    .map((character) => (isTagText(character) ? character : '_'))
    .join('');
}

function isTagText(text: string): boolean {
  return /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text);
}

function atMost(count: number, most: number, what: string, remedy: string): void {
  if (count > most) throw new InputProblem(`there are ${count} ${what}, and a job can have at most ${most}`, remedy);
}

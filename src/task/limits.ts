/**
 * What CreateTrainingJob takes, checked beforehand so that every mistake is named at once. Source: the service model
 * (botocore, sagemaker 2017-07-24: HyperParameters, TrainingEnvironmentMap, TagList, S3Uri, TrainingImage).
 */
import { formatJson, type Json, Unparsable } from './parse.ts';

export const MOST_HYPERPARAMETERS = 100;
const MOST_VARIABLES = 100;
/** Of S3Uri and of TrainingImage, in characters. */
export const LONGEST_URI = 1024;
export const LONGEST_IMAGE = 255;
/** SageMaker takes 50; eight are kept for the action's own. */
const MOST_TAGS = 42;

/** The value as script mode takes it: a JSON text. */
export function hyperparameterText(value: Json): string {
  return formatJson(value);
}

/** The value as an image that runs by its own entry point gets it: a string as it is, the rest as JSON. */
export function plainText(value: Json): string {
  return typeof value === 'string' ? value : formatJson(value);
}

export function checkHyperparameters(map: Map<string, Json>): Map<string, Json> {
  atMost(map.size, MOST_HYPERPARAMETERS, 'hyperparameters', 'Pass the rest by "arguments" or in a file of the code.');
  for (const [key, value] of map) {
    if (key === '' || key.length > 256) throw new Unparsable(`"${key}" has not 1 to 256 characters.`, 'Shorten it.');
    if (key.startsWith('sagemaker_')) throw new Unparsable(`"${key}" is a name of SageMaker's own.`, 'Rename it.');
    if (hyperparameterText(value).length > 2500) {
      throw new Unparsable(
        `the value of "${key}" is over 2,500 characters as JSON.`,
        'Put it into a file of the code.',
      );
    }
  }
  return map;
}

export function checkEnvironment(map: Map<string, string>): Map<string, string> {
  atMost(map.size, MOST_VARIABLES, 'variables', 'Put the rest into a file of the code.');
  for (const [key, value] of map) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,511}$/.test(key)) {
      throw new Unparsable(`"${key}" is no variable's name.`, 'Use letters, digits and "_", not a digit first.');
    }
    if (value.length > 512)
      throw new Unparsable(`the value of "${key}" is over 512 characters.`, 'Put it into a file of the code.');
  }
  return map;
}

export function checkTags(map: Map<string, string>): Map<string, string> {
  atMost(map.size, MOST_TAGS, 'tags', 'Remove some: a job has 50, of which eight are kept.');
  for (const [key, value] of map) {
    if (!isTagText(key) || key === '' || key.length > 128 || /^aws:/i.test(key)) {
      throw new Unparsable(`"${key}" is no tag's key.`, 'Use up to 128 letters, digits, blanks and _ . : / = + - @.');
    }
    if (!isTagText(value) || value.length > 256) {
      throw new Unparsable(
        `the value of "${key}" is none for a tag.`,
        'Use up to 256 letters, digits, blanks and _ . : / = + - @.',
      );
    }
  }
  return map;
}

/** A text made fit to be a tag's value. */
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
  if (count > most) throw new Unparsable(`${count} ${what} are more than the ${most} that a job can have.`, remedy);
}

/**
 * Lines that are metrics without any definition: a JSON object of numbers, or a Python dict of numbers as
 * `print({...})` writes it. Hugging Face's Trainer prints such dicts, in newer versions with each number in quotes:
 * https://github.com/huggingface/transformers/blob/main/src/transformers/trainer_callback.py
 *
 * `NaN` and `Infinity` are no JSON, but Python's `json.dumps` writes them. A member without a value (`null`, `None`) is
 * left out. A line with any other value, such as a text or a list, is not read: it is a message and not a measurement.
 */

/** SageMaker's limit for a metric's name. */
export const LONGEST_NAME = 255;

const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:NaN|nan|Infinity|inf)`;
const NAME = String.raw`("(?:[^"\\]|\\.)*")|'([^'\\]*)'`;
/** NumPy writes its numbers as `np.float64(0.5)` since version 2. */
const VALUE = String.raw`(${NUMBER})|'(${NUMBER})'|np\.\w{1,20}\((${NUMBER})\)|null|None`;
const OPEN = /\s*\{/y;
const MEMBER = new RegExp(String.raw`\s*(?:${NAME})\s*:\s*(?:${VALUE})\s*([,}])`, 'y');

/** The names and numbers in a line, which can be NaN or infinite. Empty for any other line. Takes linear time. */
export function readNumberLine(line: string): [string, number][] {
  OPEN.lastIndex = 0;
  if (!OPEN.test(line)) return [];
  const pairs: [string, number][] = [];
  MEMBER.lastIndex = OPEN.lastIndex;
  for (;;) {
    const [, json, plain, number, quoted, numpy, end] = MEMBER.exec(line) ?? [];
    const name = json === undefined ? plain : readString(json);
    if (name === undefined) return [];
    const value = readNumber(number ?? quoted ?? numpy ?? '');
    if (value !== undefined && name !== '' && name.length <= LONGEST_NAME) pairs.push([name, value]);
    if (end === '}') return line.slice(MEMBER.lastIndex).trim() === '' ? pairs : [];
  }
}

/** A number as people and programs write it, NaN and infinity by Python's names. Undefined for any other text. */
export function readNumber(text: string): number | undefined {
  const trimmed = text.trim();
  const [, sign, word] = /^([+-]?)(nan|inf|infinity)$/i.exec(trimmed) ?? [];
  if (word !== undefined) return word.toLowerCase() === 'nan' ? Number.NaN : Number(`${sign}Infinity`);
  const value = trimmed === '' ? Number.NaN : Number(trimmed);
  return Number.isNaN(value) ? undefined : value;
}

/** Undefined if the text has an escape that JSON does not know. */
function readString(json: string): string | undefined {
  try {
    return JSON.parse(json) as string;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

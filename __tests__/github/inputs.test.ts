/** How the step reads its inputs from the runner. */
import { afterEach, describe, expect, it } from 'vitest';
import { readInputs } from '../../src/github/inputs.ts';

afterEach(() => {
  process.env['INPUT_RUN'] = '';
});

describe('a text from Windows', () => {
  it.each([
    ['a\r\nb\r\n', 'a\nb'],
    ['\ufeffa\r\n\r\n  b', 'a\n\n  b'],
    ['\ufeff \r\n 2 \r\n', '2'],
    ['a\rb', 'a\rb'],
    ['a \\\r\n  b', 'a \\\n  b'],
  ])('%j is read as %j', (given, text) => {
    process.env['INPUT_RUN'] = given;
    expect(readInputs(['run'])).toEqual({ run: text });
  });
});

/** action.yml and the code say the same; the summary shows nothing but text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { INPUTS, type RawInputs } from '../../src/config/inputs.ts';
import { readSpec } from '../../src/config/read-spec.ts';
import { VERSION } from '../../src/core/version.ts';
import { OUTPUTS } from '../../src/report/outputs.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Action {
  readonly inputs: Record<string, { description: string; default?: string; required?: boolean }>;
  readonly outputs: Record<string, { description: string }>;
}
const action = parse(read('action.yml')) as Action;

describe('action.yml', () => {
  it('has the inputs and outputs of the code', () => {
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining([...INPUTS]));
    expect(Object.keys(action.inputs)).toHaveLength(INPUTS.length);
    expect(Object.keys(action.outputs)).toEqual([...OUTPUTS]);
  });
  it('has the defaults of the code', () => {
    const context = {
      repository: 'o/r',
      ref: '',
      sha: '',
      runId: '',
      attempt: 0,
      event: 'push',
      payload: undefined,
      isHosted: false,
      jobStart: undefined,
      url: undefined,
      action: '',
      region: 'us-east-1',
      workspace: '/nonexistent',
    };
    const own = { task: 't', entrypoint: 'w.py' };
    const empty = Object.fromEntries(INPUTS.map((name) => [name, ''])) as unknown as RawInputs;
    const defaults = Object.fromEntries(
      // The runner evaluates an expression.
      Object.entries(action.inputs).map(([name, { default: value = '' }]) => [
        name,
        value.startsWith('${{') ? '' : value,
      ]),
    );
    expect(readSpec({ ...empty, ...defaults, ...own }, context)).toEqual(readSpec({ ...empty, ...own }, context));
  });
});

describe('the version', () => {
  it('is that of package.json', () => {
    expect(VERSION).toBe((JSON.parse(read('package.json')) as { version: string }).version);
  });
});

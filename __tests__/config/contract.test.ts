/** action.yml and the code say the same; the summary shows nothing but text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { INPUTS, type RawInputs } from '../../src/config/inputs.ts';
import { readSpec } from '../../src/config/read-spec.ts';
import { VERSION } from '../../src/core/version.ts';
import { OUTPUTS } from '../../src/report/outputs.ts';
import { renderSummary } from '../../src/report/summary.ts';

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
      region: 'us-east-1',
      workspace: '/nonexistent',
    };
    const own = { task: 't', entrypoint: 'w.py' };
    const empty = Object.fromEntries(INPUTS.map((name) => [name, ''])) as unknown as RawInputs;
    const defaults = Object.fromEntries(
      Object.entries(action.inputs).map(([name, { default: value = '' }]) => [name, value]),
    );
    expect(readSpec({ ...empty, ...defaults, ...own }, context)).toEqual(readSpec({ ...empty, ...own }, context));
  });
});

describe('the version', () => {
  it('is that of package.json', () => {
    expect(VERSION).toBe((JSON.parse(read('package.json')) as { version: string }).version);
  });
});

describe('the summary', () => {
  const HOSTILE =
    '</pre><script>x</script> [a](http://x) ![i](http://x) **b** `c` @team #1 | ::error::\n# heading\n<!--';
  it('shows text as text', () => {
    const page = renderSummary({
      ...{
        task: 't',
        project: 'p',
        job: 'j',
        status: 'Failed',
        skipped: false,
        reason: HOSTILE,
        instances: '1',
        tried: [HOSTILE],
        image: HOSTILE,
      },
      ...{
        trainingSeconds: 3725,
        billableSeconds: 60,
        spotSavings: 70,
        logsUrl: 'https://x',
        metrics: new Map([[HOSTILE, 0.5]]),
        results: [{ result: 'model', files: 1, path: HOSTILE }],
      },
    });
    expect(page).not.toMatch(/<script|\]\(|\*\*b|`c`|@team|<!--/);
    expect(page.match(/<\/?pre>/g)).toHaveLength(2);
    expect(page.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(1);
    expect(page).toContain('1 h 2 m 5 s');
    expect(page).toContain('(spot saved 70 %)');
  });
});

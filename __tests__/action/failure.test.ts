/** How a failed job ends a step: the worker's own error, at the repository's line, and once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandIn, type StepResult } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
});
afterAll(() => aws.stop());

interface Annotation {
  readonly file: string;
  readonly line: number;
  readonly title: string;
  readonly text: string;
}

/** As the runner reads them. */
function annotations(stdout: string): Annotation[] {
  const decoded = (text: string): string =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%');
  return [...stdout.matchAll(/^::error (.*?)::(.*)$/gm)].map(([, properties = '', text = '']) => {
    const { file = '', line = '', title = '' } = Object.fromEntries(
      properties.split(',').map((each) => [each.split('=')[0], decoded(each.slice(each.indexOf('=') + 1))]),
    );
    return { file, line: Number(line), title, text: decoded(text) };
  });
}

const ends = ({ stdout }: StepResult): string[] => stdout.trimEnd().split('\n').slice(-20);

describe('x', () => {
  it('y', async () => {
    const files = {
      'src/jobs/train.py': 'from lib.data import load\n\n\ndef main():\n    load()\n\n\nmain()\n',
      'libs/lib/data.py': 'def load():\n    return {}["bill_dpeth_mm"]\n',
    };
    const ended = await aws.run(aws.workspace(files), { task: 'x', 'source-dir': 'src', dependencies: 'libs/lib', entrypoint: 'jobs/train.py', 'instance-count': '2' });
    console.log(ended.stdout, annotations(ended.stdout), ended.outputs['failure-reason'], ended.summary);
  });
});

import { describe, expect, it } from 'vitest';
import { annotationText, blamesWorker, errorAndPlace, failureText, whoHasIt } from '../../src/failure/error-text.ts';
import { mergeErrors, type PlacedError } from '../../src/failure/merge-errors.ts';
import type { WorkerError } from '../../src/failure/worker-error.ts';

const error: WorkerError = {
  ...{ type: 'KeyError', message: "'x'", hosts: ['algo-1'], ranks: [], place: { file: 'src/train.py', line: 4 } },
  lines: [
    'Traceback (most recent call last):',
    '  File "/opt/ml/code/train.py", line 9, in <module>',
    '    main()',
    '  File "/opt/ml/code/train.py", line 4, in main',
    '    frame["x"]',
    ...Array.from({ length: 20 }, (_, at) => `  File "/opt/conda/lib/pandas/base.py", line ${at}, in get`),
    "KeyError: 'x'",
  ],
};

describe('who has an error', () => {
  it.each<[string[], number[], string]>([
    [['algo-1'], [], 'algo-1'],
    [['algo-1', 'algo-2'], [0, 8], 'algo-1, algo-2 (ranks 0, 8)'],
    [['algo-1'], [3], 'algo-1 (rank 3)'],
    [['1', '2', '3', '4', '5'], [], '1, 2, 3, 4 and 1 other'],
    [['algo-1'], [0, 1, 2, 3, 4, 5, 6, 7], 'algo-1 (ranks 0, 1, 2, 3 and 4 others)'],
  ])('%j %j', (hosts, ranks, expected) => {
    expect(whoHasIt({ hosts, ranks })).toBe(expected);
  });
});

describe('an annotation', () => {
  it('has the error first, and once, because the log shows no titles; then the place', () => {
    const lines = annotationText(error).split('\n');
    expect(lines).toHaveLength(9);
    expect(lines.slice(0, 4)).toEqual([
      ...["KeyError: 'x' (algo-1)", '  File "/opt/ml/code/train.py", line 4, in main', '    frame["x"]', '  …'],
    ]);
    expect(lines.filter((line) => line.includes('KeyError'))).toHaveLength(1);
  });

  it('of a message of several lines has the first one first, and all of them where they were printed', () => {
    const lines = ['  File "/opt/ml/code/train.py", line 4, in main', "KeyError: 'x", "y'"];
    expect(annotationText({ ...error, message: "'x\ny'", lines })).toBe(["KeyError: 'x (algo-1)", ...lines].join('\n'));
  });

  it('of another form has its last lines', () => {
    const lines = ['train.sh: line 4: x: command not found'];
    expect(annotationText({ ...error, lines })).toBe("KeyError: 'x' (algo-1)\ntrain.sh: line 4: x: command not found");
  });
});

describe('why a job failed', () => {
  const own = "\nSageMaker's reason: ";
  it.each([
    ["AlgorithmError: train.py failed with exit code 1: KeyError: 'x'\nTraceback …, exit code: 1", ''],
    ['AlgorithmError: , exit code: 1', ''],
    ['AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "KeyError"', ''],
    ['', ''],
    ['AlgorithmError: row 7 has no label, exit code: 1', `${own}AlgorithmError: row 7 has no label, exit code: 1`],
    [
      'AlgorithmError: train.py was killed by SIGKILL: up\nup',
      `${own}AlgorithmError: train.py was killed by SIGKILL: up`,
    ],
  ])('%j', (reason, more) => {
    expect(failureText(error, reason)).toBe(`KeyError: 'x' (src/train.py:4)${more}`);
    expect(failureText(undefined, reason)).toBe(reason);
  });

  it('is short', () => {
    expect(errorAndPlace({ ...error, message: 'x'.repeat(500) })).toMatch(/^KeyError: x{189}… \(src\/train\.py:4\)$/);
  });

  it.each([
    ['AlgorithmError: , exit code: 1', true],
    ['', true],
    ['InternalServerError: We encountered an internal error. Please try again.', false],
    ['ClientError: Artifact upload failed: …', false],
  ])('is the worker, by SageMaker’s reason: %j', (reason, expected) => {
    expect(blamesWorker(reason)).toBe(expected);
  });
});

describe('errors of several instances', () => {
  const on = (host: string, message: string, line = 4, rank?: number): PlacedError => ({
    ...{ type: 'ValueError', message, lines: [message], host, rank, frames: [] },
    place: { file: 'train.py', line },
  });

  it('are one if they differ in numbers only, as the first instance has it', () => {
    const merged = mergeErrors([
      on('algo-10', 'shard 10 at 0x7F at rank 3', 4, 3),
      on('algo-2', 'shard 2 at 0x8a at rank 0', 4, 0),
      on('algo-2', 'other'),
      on('algo-1', 'other', 5),
      on('algo-2', 'shard 2 at 0x9 at rank 1', 4, 1),
    ]);
    expect(merged.map(({ message, hosts, ranks }) => [message, hosts, ranks])).toEqual([
      ['shard 2 at 0x8a at rank 0', ['algo-2', 'algo-10'], [0, 1, 3]],
      ['other', ['algo-2'], []],
      ['other', ['algo-1'], []],
    ]);
  });

  it('are ten at the most', () => {
    expect(mergeErrors(Array.from({ length: 50 }, (_, line) => on('algo-1', 'x', line)))).toHaveLength(10);
  });
});

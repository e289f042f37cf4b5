/** How a failed job ends a step: the worker's own error, at the repository's line, and once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandIn, type StepResult } from './stand-in.ts';

const LOGS = join(import.meta.dirname, '..', 'failure', 'logs');

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

/** The errors at a line of a file, as the runner reads them. */
function annotations({ stdout }: StepResult): Annotation[] {
  const decoded = (text: string): string => {
    const codes: Record<string, string> = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' };
    return text.replace(/%(?:0D|0A|3A|2C|25)/g, (code) => codes[code] ?? code);
  };
  return [...stdout.matchAll(/^::error (.*?)::(.*)$/gm)].map(([, properties = '', text = '']) => {
    const {
      file = '',
      line = '',
      title = '',
    } = Object.fromEntries(
      properties.split(',').map((each) => [each.split('=')[0], decoded(each.slice(each.indexOf('=') + 1))]),
    );
    return { file, line: Number(line), title, text: decoded(text) };
  });
}

/** What follows the results in the log, without the runner's commands. */
function ending({ stdout }: StepResult): string {
  const text = stdout.slice(stdout.lastIndexOf('::endgroup::'));
  return text.replace(/^::(?!error::).*\n/gm, '').trim();
}

function times(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** A worker that prints a recorded log and fails. */
function printing(log: string): string {
  return `import sys\nsys.stdout.write(${JSON.stringify(log).replaceAll('\\u007f', '')})\nsys.exit(1)\n`;
}

const run = (task: string, files: Record<string, string>, inputs: Record<string, string> = {}): Promise<StepResult> =>
  aws.run(aws.workspace(files), {
    ...{ task, 'source-dir': 'src', entrypoint: 'train.py', download: 'logs', 'upload-artifacts': 'none' },
    ...inputs,
  });

const DATA = 'def load():\n    return {}["bill_dpeth_mm"]\n';

describe('a worker that raises', () => {
  it.each([
    ['in a module below source-dir', { 'src/lib/data.py': DATA }, {}, 'src/lib/data.py'],
    ['in a dependency', { 'libs/lib/data.py': DATA }, { dependencies: 'libs/lib' }, 'libs/lib/data.py'],
  ])('%s: its line has the error, and the traceback ends the log, once', async (_, files, inputs, file) => {
    const worker = 'from lib.data import load\n\nload()\n';
    const ended = await run('raises', { 'src/train.py': worker, ...files }, { ...inputs, 'skip-if': 'never' });
    expect(ended.code).toBe(1);
    expect(annotations(ended)).toEqual([
      {
        ...{ file, line: 2, title: "KeyError: 'bill_dpeth_mm'" },
        text: expect.stringMatching(
          /^KeyError: 'bill_dpeth_mm' \(algo-1\)\n {2}File ".*lib\/data\.py", line 2, in load\n {4}return/,
        ),
      },
    ]);
    const lines = ending(ended).split('\n');
    expect(lines.slice(0, 2)).toEqual(["The worker's error (algo-1):", 'Traceback (most recent call last):']);
    expect(lines.slice(-2)).toEqual([
      "KeyError: 'bill_dpeth_mm'",
      expect.stringMatching(
        new RegExp(`^::error::The job \\S+ failed: KeyError: 'bill_dpeth_mm' \\(${file}:2\\)%0AThe log of the step is`),
      ),
    ]);
    // Once when the worker printed it, and once at the end.
    expect(times(ended.stdout, '\nTraceback (most recent call last):')).toBe(2);
    expect(ended.outputs['failure-reason']).toMatch(/^AlgorithmError: train\.py failed with exit code 1: KeyError/);
    expect(ended.summary).toContain('in load');
  });

  it('while it is parsed', async () => {
    const ended = await run('syntax', { 'src/train.py': 'print("up")\ndef f(:\n    pass\n' });
    expect(annotations(ended)).toMatchObject([{ file: 'src/train.py', line: 2, title: 'SyntaxError: invalid syntax' }]);
  });

  it('on two instances: one annotation names both', async () => {
    // SageMaker ends the other instance after the first failure: this one still fails by itself.
    const worker = `
import os, signal, socket, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if os.environ["SM_CURRENT_HOST"] == "algo-1":
    with socket.create_server(("", place[1])) as server:
        server.accept()
else:
    while True:
        try:
            socket.create_connection(place)
            break
        except OSError:
            time.sleep(0.1)
raise ValueError("shard of " + os.environ["SM_CURRENT_HOST"] + " is empty")
`;
    const ended = await run('both', { 'src/train.py': worker }, { 'instance-count': '2' });
    expect(annotations(ended)).toMatchObject([
      { line: 15, text: expect.stringMatching(/^ValueError: shard of algo-1 is empty \(algo-1, algo-2\)\n/) },
    ]);
    expect(ending(ended)).toMatch(/^The worker's error \(algo-1, algo-2\):\nTraceback/);
  });

  it('in one of the processes of torchrun', async () => {
    const worker = 'import os, time\nif os.environ["RANK"] == "1":\n    {}["x"]\ntime.sleep(60)\n';
    const ended = await run('ranks', { 'src/train.py': worker }, { distribution: '{"torchrun": {"processes": 3}}' });
    expect(annotations(ended)).toMatchObject([{ file: 'src/train.py', line: 3, title: "KeyError: 'x'" }]);
  });

  it('below a script that waits for it', async () => {
    const ended = await run('below', {
      'src/train.py': 'import subprocess, sys\nsubprocess.run([sys.executable, "child.py"], check=True)\n',
      'src/child.py': 'import json\njson.loads("{")\n',
    });
    expect(annotations(ended)).toMatchObject([{ file: 'src/child.py', line: 2 }]);
    expect(ending(ended)).toMatch(/failed: json\.decoder\.JSONDecodeError: Expecting .* \(src\/child\.py:2\)%0A/);
    expect(ended.outputs['failure-reason']).toMatch(
      /^AlgorithmError: train\.py failed with exit code 1: json\.decoder/,
    );
  });

  it('after it handled another error', async () => {
    const worker = `import logging
try:
    {}["handled"]
except KeyError:
    logging.exception("no cache")
for epoch in range(30):
    print("epoch", epoch)
raise ValueError("true")
`;
    const ended = await run('handled', { 'src/train.py': worker });
    expect(annotations(ended)).toMatchObject([{ file: 'src/train.py', line: 8, title: 'ValueError: true' }]);
    const silent = await run('silent', { 'src/train.py': worker.replace('raise ValueError("true")', 'exit(3)') });
    expect(annotations(silent)).toEqual([]);
    expect(ending(silent)).toMatch(
      /^::error::The job \S+ failed: AlgorithmError: train\.py failed with exit code 3: epoch 29/,
    );
  });
});

describe('a recorded log', () => {
  const code = { 'src/lib/data.py': '#\n#\n#\n#\n', 'src/child.sh': '' };
  it.each([['torchrun', 'src/lib/data.py:4', "KeyError: 'bill_dpeth_mm'"]])(
    'of %s is seen through',
    async (log, place, error) => {
      const worker = printing(readFileSync(join(LOGS, `${log}.txt`), 'utf8'));
      const ended = await run('recorded', { 'src/train.py': worker, ...code }, { 'skip-if': 'never' });
      const [first] = annotations(ended);
      expect(`${first?.file}:${first?.line} ${first?.title}`).toBe(`${place} ${error}`);
      expect(ending(ended)).toContain(`failed: ${error} (${place})`);
    },
  );

  it('says nothing to the runner, whatever its error is', async () => {
    const message = ',file=../../etc/passwd,line=1::x%0A::set-env name=A::b%2Cfile=c';
    const ended = await run('message', { 'src/train.py': `raise ValueError(${JSON.stringify(message)})\n` });
    expect(annotations(ended)).toMatchObject([{ file: 'src/train.py', line: 1, title: `ValueError: ${message}` }]);
  });

  it('names no file that is not of the code', async () => {
    const hostile = readFileSync(join(LOGS, 'hostile-paths.txt'), 'utf8');
    const ended = await run('hostile', { 'src/train.py': printing(hostile), etc: '', passwd: '' });
    expect(ended.code).toBe(1);
    // The worker has two lines, and the traceback names line 99999.
    expect(annotations(ended)).toEqual([]);
  });
});

describe('a shell that fails', () => {
  it('has the script’s line; lines of "run" have none', async () => {
    const script = '#!/bin/bash\nset -e\necho up\nno-such-program --x\n';
    const ended = await run('shell', { 'src/go.sh': script }, { entrypoint: 'go.sh' });
    expect(annotations(ended)).toMatchObject([
      { file: 'src/go.sh', line: 4, title: 'go.sh: no-such-program: command not found' },
    ]);
    const lines = await run('lines', { 'src/x.py': '' }, { run: 'echo up\nno-such-program', entrypoint: '' });
    expect(annotations(lines)).toEqual([]);
    expect(ending(lines)).toContain('failed: run.sh: no-such-program: command not found');
  });
});

describe('what the log does not say', () => {
  it('is in SageMaker’s reason: a killed worker, and a script’s own reason', async () => {
    const killed = await run('killed', { 'src/train.py': 'import os\nprint("up")\nos.kill(os.getpid(), 9)\n' });
    expect(ending(killed)).toMatch(/^::error::The job \S+ failed: AlgorithmError: train\.py was killed by SIGKILL: up/);
    const own = await run('own', {
      'src/train.py': 'open("/opt/ml/output/failure", "w").write("row 7 has no label")\n{}["label"]\n',
    });
    expect(ending(own)).toMatch(
      /failed: KeyError: 'label' \(src\/train\.py:2\)%0ASageMaker's reason: AlgorithmError: row 7 has no label/,
    );
  });

  it('is no line of another checkout', async () => {
    const files = { 'src/train.py': '{}["x"]\n' };
    const failed = await run('collected', files);
    const job = failed.outputs['job-name'] ?? '';
    const inputs = { task: 'collected', 'job-name': job, download: 'none', 'upload-artifacts': 'none' };
    const collected = await aws.run(aws.workspace(files), inputs);
    expect(collected.outputs['job-name'], collected.stdout).toBe(job);
    expect(annotations(collected)).toEqual([]);
    expect(ending(collected)).toMatch(/KeyError: 'x'\n::error::The job \S+ failed: KeyError: 'x'%0A/);
  });
});

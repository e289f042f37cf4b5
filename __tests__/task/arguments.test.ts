import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hyperparameterArguments, jobFiles, shellWord } from '../../src/task/arguments.ts';
import { parseMap } from '../../src/task/parse.ts';

const ODD = [
  '',
  ' two  blanks ',
  `it's "quoted"`,
  '$(id) `id` $HOME; exit 3',
  'one\ntwo\n',
  'naïve 🚀',
  'back\\slash\\',
  '--x',
  "'",
  '#',
];

describe('hyperparameterArguments', () => {
  it("forms them as sagemaker-training's to_cmd_args does", () => {
    const map = parseMap(
      '{"b": true, "a": null, "lr": 1.0, "list": [1, "x", null, false], "map": {"y": 2, "x": "1"}, "deep": {"k": [1]}, "Z": "z"}',
    );
    expect(hyperparameterArguments(map)).toEqual([
      ...[
        '-Z',
        'z',
        '-a',
        '',
        '-b',
        'True',
        '--deep',
        'k=[1]',
        '--list',
        "[1, 'x', None, False]",
        '--lr',
        '1.0',
        '--map',
        'x=1,y=2',
      ],
    ]);
  });
});

describe('job files', () => {
  const values = new Map(ODD.map((value, index) => [`key${index}`, value]));

  it('give a shell the same words and variables', () => {
    const files = jobFiles({ kind: 'entrypoint', path: "it's.sh" }, values, ODD);
    const shell = files.find(({ path }) => path === 'task_toolkit/job.sh')?.text ?? '';
    const script = `${shell}\nprintf '%s\\0' "$ssm_entrypoint" "$SM_HPS" "$SM_HP_KEY4" "$@"`;
    const printed = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
    const [entrypoint, hps = '', key4, ...words] = printed;
    expect(entrypoint).toBe("it's.sh");
    expect(JSON.parse(hps)).toEqual(Object.fromEntries(values));
    expect(key4).toBe('one\ntwo\n');
    expect(words).toEqual([...hyperparameterArguments(values), ...ODD]);
  });

  it('are a document for Python', () => {
    const [json] = jobFiles({ kind: 'run', text: 'echo x' }, new Map(), ['a b']);
    expect(JSON.parse(json?.text ?? '')).toEqual({ entrypoint: null, run: true, arguments: ['a b'] });
  });

  it('hold the shell lines only where there are some', () => {
    const paths = (kind: 'run' | 'entrypoint'): string[] =>
      jobFiles(kind === 'run' ? { kind, text: 'x' } : { kind, path: 'x.py' }, new Map(), []).map(({ path }) => path);
    expect(paths('run')).toContain('task_toolkit/run.sh');
    expect(paths('entrypoint')).not.toContain('task_toolkit/run.sh');
  });
});

describe('shellWord', () => {
  it.each(ODD)('%j', (text) => {
    expect(execFileSync('sh', ['-c', `printf '%s|' ${shellWord(text)}`], { encoding: 'utf8' })).toBe(`${text}|`);
  });
});

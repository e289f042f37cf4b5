/** The workflow log of real jobs, as somebody reads it: what is there, in which order, and what is folded. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { obeyed } from '../security/runner-model.ts';
import { readText, StandIn, type StepResult } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
});
afterAll(() => aws.stop());

/** A bar as tqdm draws it, with 400 states in a line of 30 KB. */
const BAR = `
import json, sys
STEPS = 400
for step in range(STEPS + 1):
    sys.stderr.write("\\r%3d%%|%-20s| %d/%d [00:%02d<00:00, 40.0it/s, loss=%.4f]" % (100 * step // STEPS, "#" * (20 * step // STEPS), step, STEPS, step // 40, 2 - step / STEPS))
    sys.stderr.flush()
`;
const LAST = `100%|${'#'.repeat(20)}| 400/400 [00:10<00:00, 40.0it/s, loss=1.0000]`;

/** What is printed from the job's first status on, without the times. */
function jobLog({ stdout }: StepResult): string[] {
  const lines = stdout.split('\n');
  const from = lines.findIndex((line) => /^\[\d\d:\d\d:\d\d\] Starting: /.test(line));
  return lines.slice(from, lines.indexOf('::group::Results')).map((line) => line.replace(/^\[[\d:]+\] /, '# '));
}

/** The lines of the program: those behind the command. */
const programOf = (lines: readonly string[]): string[] =>
  lines.slice(lines.indexOf('Invoking script with the following command:') + 4);

/** The job's log with each group as one line of its title and the number of its lines. */
function folded(lines: readonly string[]): string[] {
  const shown: string[] = [];
  let group: string[] | undefined;
  for (const line of lines) {
    const title = /^::group::(.*)$/.exec(line)?.[1];
    if (title !== undefined) {
      expect(group).toBeUndefined();
      group = [title];
    } else if (line === '::endgroup::') {
      shown.push(`▸ ${group?.[0]}`);
      expect(group?.length).toBeGreaterThan(1);
      group = undefined;
    } else (group ?? shown).push(line);
  }
  expect(group).toBeUndefined();
  return shown;
}

describe('a job', () => {
  it('is shown from its first status to its last one, with bars at their last state', async () => {
    const worker = `${BAR}
sys.stderr.write("\\n")
print(json.dumps({"epoch": 1, "val_acc": 0.9}))
print("\\033[32mgreen\\033[0m\\tand plain")
`;
    const workspace = aws.workspace({ 'w.py': worker });
    const ended = await aws.run(workspace, { task: 'bar', entrypoint: 'w.py', metrics: 'loss=loss=([0-9.]+)' });
    expect(ended.code, ended.stdout).toBe(0);
    const log = jobLog(ended);
    const statuses = log.flatMap((line) => /^# (\w+): /.exec(line)?.[1] ?? []);
    expect([...new Set(statuses)]).toEqual(['Starting', 'Downloading', 'Training', 'Uploading', 'Completed']);
    expect(programOf(log)).toEqual([
      LAST,
      '{"epoch": 1, "val_acc": 0.9}',
      '\u001b[32mgreen\u001b[0m\tand plain',
      '# Uploading: Uploading generated training model',
      '# Completed: Training job completed',
    ]);
    expect(JSON.parse(ended.outputs['metrics'] ?? '')).toEqual({ epoch: 1, loss: 1, val_acc: 0.9 });
    // The file has each line as it came.
    const file = readText(workspace, 'sagemaker-output', 'bar', 'logs', 'logs0');
    expect(file.match(/#015/g)).toHaveLength(401);
    expect(file).toContain('#011and plain');
    // The link to the console is above all of it, and nothing stands behind it.
    expect(ended.stdout.slice(0, ended.stdout.indexOf('Starting: '))).toMatch(
      /^Started project-bar-\S+ on 1 × ml\.m5\.large \(spot\): https:\/\/\S+[^.,;:)\s]$/m,
    );
  });

  it('has the metrics that are printed behind a bar', async () => {
    const worker = `${BAR}\nprint(json.dumps({"acc": 0.5}))\nprint("\\rstep loss2=0.25 \\rstep loss2=0.125 ")\n`;
    const inputs = { task: 'behind', entrypoint: 'w.py', metrics: 'loss2=loss2=([0-9.]+)' };
    const ended = await aws.run(aws.workspace({ 'w.py': worker }), inputs);
    expect(JSON.parse(ended.outputs['metrics'] ?? '')).toEqual({ acc: 0.5, loss2: 0.125 });
    expect(programOf(jobLog(ended)).slice(0, 2)).toEqual([`${LAST}{"acc": 0.5}`, 'step loss2=0.125']);
  });

  it('is in order though its log comes after its end', async () => {
    await fetch(`${aws.url}/_local/pace`, { method: 'PUT', body: '{"log_delay": 1}' });
    const ended = await aws.run(aws.workspace({}), { task: 'late', run: 'for i in 1 2 3; do echo "line $i"; done' });
    await fetch(`${aws.url}/_local/pace`, { method: 'PUT', body: '{"log_delay": 0}' });
    expect(ended.code, ended.stdout).toBe(0);
    const log = jobLog(ended).filter((line) => /^# |^line /.test(line));
    const training = log.findIndex((line) => line.startsWith('# Training: '));
    // Lines that were printed one by one arrive in any order.
    expect(log.slice(training + 1, training + 4).toSorted()).toEqual(['line 1', 'line 2', 'line 3']);
    expect(log.slice(training + 4)).toEqual([
      ...['# Uploading: Uploading generated training model', '# Completed: Training job completed'],
    ]);
  });

  it('whose credentials may not read the log shows its statuses alone, and at once', async () => {
    await aws.fault({ kind: 'deny', action: 'logs:*' });
    const ended = await aws.run(aws.workspace({}), { task: 'unread', run: 'echo unread' });
    await aws.liftFaults();
    const log = jobLog(ended);
    expect(log.filter((line) => line.startsWith('# ')).slice(-2)).toEqual([
      '# Uploading: Uploading generated training model',
      '# Completed: Training job completed',
    ]);
    expect(log).not.toContain('unread');
  });

  it('that another step has started has the link too, running or not', async () => {
    const inputs = { task: 'again', run: 'echo once' };
    const first = await aws.run(aws.workspace({}), inputs);
    const second = await aws.run(aws.workspace({}), inputs);
    const job = first.outputs['job-name'] ?? '';
    expect(second.stdout).toMatch(new RegExp(`^Skipped: ${job} completed .*\\nThe log of ${job}: https://\\S+$`, 'm'));
  });
});

const PACKAGE = 'from setuptools import setup\nsetup(name="x", py_modules=["w"])\n';

describe('the set-up', () => {
  it('is folded: pip’s lines of all instances, and nothing of the program', async () => {
    const files = { 'src/w.py': 'import os\nprint("host", os.environ["SM_CURRENT_HOST"])\n', 'src/setup.py': PACKAGE };
    const inputs = { task: 'packed', entrypoint: 'w.py', 'source-dir': 'src', 'instance-count': '2' };
    const ended = await aws.run(aws.workspace(files), inputs);
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.stdout).toContain('\n[algo-1] Installing the package of setup.py\n');
    const log = folded(jobLog(ended));
    // When one program has started, the rest of the other's set-up is a group only where it is three lines or more.
    const rest = log.map((line) => (/Installing|Processing|Successfully/.test(line) ? '+' : '-')).join('');
    expect(rest, log.join('\n')).not.toContain('+++');
    const groups = log.filter((line) => line.startsWith('▸'));
    expect(groups[0]).toBe('▸ Set-up of 2 instances');
    for (const host of ['algo-1', 'algo-2']) expect(log).toContain(`[${host}] host ${host}`);
    // Training, then the group, then the programs.
    const kinds = log.map((line) => line.replace(/^\[algo-\d\] .*$/, 'program').replace(/^(# \w+).*$/, '$1'));
    expect(kinds.indexOf('# Training')).toBeLessThan(kinds.indexOf('▸ Set-up of 2 instances'));
    expect(kinds.indexOf('▸ Set-up of 2 instances')).toBeLessThan(kinds.indexOf('program'));
  });

  it('that fails shows why below it, not in it', async () => {
    const requirement = 'a-package-that-is-nowhere-at-all';
    const files = { 'src/w.py': 'print("never")', 'src/requirements.txt': `--no-index\n${requirement}\n` };
    const ended = await aws.run(aws.workspace(files), { task: 'unpacked', entrypoint: 'w.py', 'source-dir': 'src' });
    expect(ended.code).not.toBe(0);
    const log = folded(jobLog(ended));
    expect(log).toContain('▸ Set-up of the instance');
    const reason = log.indexOf('The program did not start. The end of its set-up:');
    expect(reason).toBeGreaterThan(log.findIndex((line) => line.startsWith('# Failed: ')));
    expect(log.slice(reason + 1)).toEqual([
      expect.stringMatching(/^ERROR: Could not find a version that satisfies/),
      `ERROR: No matching distribution found for ${requirement}`,
    ]);
  });

  it('is no group where nothing is installed', async () => {
    const ended = await aws.run(aws.workspace({}), { task: 'plain', run: 'echo text' });
    expect(ended.stdout).not.toContain('::group::Set-up');
  });
});

/** Control characters other than the tab, and sequences other than colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
const LEFT = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[\d;]*m)/;

describe('a hostile worker', () => {
  it('neither opens nor ends a group, and gives no sequence to the terminal', async () => {
    const lines = [
      '::endgroup::',
      '::group::mine',
      '##[endgroup]',
      '##[group]mine',
      '[endgroup]',
      '::stop-commands::mine',
      '::mine::',
    ];
    const sequences = [
      '\\x1b]0;title\\x07',
      '\\x1b]8;;https://evil.example\\x1b\\\\link\\x1b]8;;\\x1b\\\\',
      '\\x1bPq\\x1b\\\\',
      '\\x9b2J',
      '\\x1b[2J',
      '\\x1b[99A',
      '\\x1b',
      '\\x1b[',
    ];
    const worker = [
      'import sys',
      'write = lambda text: sys.stdout.buffer.write(text.encode())',
      ...lines.map((line) => `write("${line}\\n" + "1%\\r${line}\\n")`),
      ...sequences.map((sequence) => `write("<${sequence}>\\n" + "\\x1b[31m<${sequence}>\\r.\\n")`),
      'write("\\r" * 150000 + "flood\\n" + "\\b" * 150000 + "flood\\n" + "\\x1b[A" * 50000 + "flood\\n")',
      'write("end\\n")',
    ].join('\n');
    const files = { 'src/w.py': worker, 'src/setup.py': PACKAGE };
    const ended = await aws.run(aws.workspace(files), { task: 'hostile', entrypoint: 'w.py', 'source-dir': 'src' });
    expect(ended.code, ended.stdout).toBe(0);
    const groups = obeyed(ended.stdout).filter(({ name }) => name === 'group' || name === 'endgroup');
    expect(groups.map(({ name, data }) => `${name} ${data}`.trim())).toEqual([
      expect.stringMatching(/^group Preparing /),
      ...['endgroup', 'group Set-up of the instance', 'endgroup', 'group Results', 'endgroup'],
    ]);
    const log = jobLog(ended);
    // The page would take these for groups, even while commands are off.
    expect(log.filter((line) => /^(##)?\[(end)?group\]/.test(line))).toEqual([]);
    expect(log.filter((line) => LEFT.test(line))).toEqual([]);
    expect(log.filter((line) => line === 'flood').length).toBeGreaterThanOrEqual(2);
    expect(log).toContain('end');
    expect(log.at(-1)).toMatch(/^# Completed: /);
  });
});

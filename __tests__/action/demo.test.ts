/** `npm run demo`, once, where nothing can be isolated: the kernel refuses namespaces, as on many a laptop. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const output = join(root, 'sagemaker-output', 'demo');

let stdout: string;
/** What was printed under a headline. */
let steps: string[];
async function demo(): Promise<string> {
  const words = [join(import.meta.dirname, 'deny_unshare.py'), process.execPath, join(root, 'scripts', 'demo.mjs')];
  const SAGEMAKER_LOCAL_VENV = process.env['SAGEMAKER_LOCAL_VENV'] || join(root, '.cache', 'venv');
  // An exit code other than 0 rejects.
  const done = await promisify(execFile)('python3', words, { env: { ...process.env, SAGEMAKER_LOCAL_VENV } });
  return done.stdout;
}
beforeAll(async () => {
  stdout = await demo();
  steps = stdout.split(/^── /m);
});

/** `── N/5  TITLE ───` with all below it. */
function step(number: number, title: string): string {
  const text = steps.find((each) => each.startsWith(`${number}/5  ${title} ──`));
  if (text === undefined) throw new Error(`no headline ${number} "${title}" in:\n${stdout}`);
  return text;
}

function metricsOf(text: string): Record<string, number> {
  return JSON.parse(/^output metrics: (\{.*\})$/m.exec(text)?.[1] ?? '{}') as Record<string, number>;
}

function skipSeconds(output: string): number {
  return Number(/^✔ skipped in (\d+\.\d) s$/m.exec(output)?.[1]);
}

/** The longest of three starts of Node that do nothing, in seconds. */
function nodeStart(): number {
  const starts = [1, 2, 3].map(() => {
    const before = performance.now();
    execFileSync(process.execPath, ['-e', '']);
    return performance.now() - before;
  });
  return Math.max(...starts) / 1_000;
}

describe('the demo without isolation', () => {
  it('says what that means', () => {
    expect(stdout).toMatch(/^isolation of jobs: none \(.*\): instances are plain processes in folders of their own/m);
    expect(stdout).toMatch(/^containers of jobs: .*; jobs run as processes$/m);
  });

  it('has no colours without a terminal, and no line that needs an apology', () => {
    expect(stdout).not.toContain('\x1b');
    expect(stdout).not.toMatch(/exit code 127|metrics: \{\}|cannot be told|registry|undefined|^\s+at /m);
  });

  it('trains one model on two instances', () => {
    const text = step(1, 'Two instances train one model together');
    for (const host of ['algo-1', 'algo-2'])
      expect(text).toContain(`│ [${host}] ${host}: 137 penguins here, 2 instances together\n`);
    const epochs = [...text.matchAll(/│ \[algo-1\] (\{"epoch": .*\})$/gm)].map(
      ([, line = '']) => JSON.parse(line) as Record<string, number>,
    );
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const losses = epochs.map(({ loss = 0 }) => loss);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(metricsOf(text)).toEqual(epochs.at(-1));
    expect(text).toContain('\noutput status: Completed\n');
    expect(text).toMatch(/^✔ done in \d+\.\d s$/m);
  });

  it('skips the same again, in under a second', async () => {
    const text = step(2, 'The same again is skipped');
    expect(text).toMatch(/^Skipped: penguins-train-\S+ completed this task with the same code/m);
    expect(text).toContain('\noutput skipped: true\n');
    expect(metricsOf(text)).toEqual(metricsOf(step(1, 'Two instances train one model together')));
    // On a machine that other tests keep busy a second is as long as 25 starts of Node take there.
    let took = skipSeconds(stdout);
    let second = Math.max(1, 25 * nodeStart());
    for (let more = 0; took >= second && more < 2; more += 1) {
      took = Math.min(took, skipSeconds(await demo()));
      second = Math.max(second, 25 * nodeStart());
    }
    expect(took).toBeLessThan(second);
  });

  it('tells what changed, and runs', () => {
    const text = step(3, 'One hyperparameter is changed');
    expect(text).toMatch(/^Ran because .*hyperparameters: learning-rate 0\.01 → 0\.02\.$/m);
    expect(text).toContain('\noutput status: Completed\n');
  });

  it('evaluates the model on rows that it was not trained on', () => {
    const text = step(4, 'Another task evaluates that model');
    const [, trained] = /^Started (\S+)/m.exec(step(3, 'One hyperparameter is changed')) ?? [];
    expect(text).toContain(`\nInput trained: model of ${trained}\n`);
    const { test_accuracy: accuracy, test_rows: rows } = metricsOf(text);
    expect(rows).toBe(68);
    expect(accuracy).toBeGreaterThan(0.95);
  });

  it("goes on after a failure, which it shows by the worker's own error", () => {
    const text = step(5, 'A worker fails');
    expect(text).toContain("  │ KeyError: 'bill_dpeth_mm'\n");
    const place = 'examples\\/demo\\/code\\/penguins\\.py:\\d+';
    expect(text).toMatch(
      new RegExp(`^error: ${place}: KeyError: 'bill_dpeth_mm'\nThe worker's error \\(algo-1\\):\n  │ Traceback`, 'm'),
    );
    const end = `  │ KeyError: 'bill_dpeth_mm'\nerror: The job penguins-typo-\\S+ failed: KeyError: 'bill_dpeth_mm' \\(${place}\\)$`;
    expect(text).toMatch(new RegExp(end, 'm'));
    expect(text).toContain('\noutput status: Failed\n');
    expect(text).toMatch(/^✘ failed in \d+\.\d s, as it should: the demo goes on$/m);
  });

  it('shows where the files lie', () => {
    const model = JSON.parse(readFileSync(join(output, 'train', 'model', 'model.json'), 'utf8')) as {
      features: string[];
    };
    expect(model.features).toContain('flipper_length_mm');
    for (const log of ['train/logs/logs0', 'train/logs/logs1', 'evaluate/logs/logs0', 'typo/logs/logs0'])
      expect(readFileSync(join(output, log), 'utf8')).toContain('Invoking script');
    for (const host of ['algo-1', 'algo-2'])
      expect(readFileSync(join(output, 'train', 'state', host, '__COMPLETED__'), 'utf8')).toMatch(/^penguins-train-/);
    for (const line of [
      '├── evaluate/',
      '├── summary.html',
      '│   │   ├── logs0',
      '│   │   └── model.json',
      '└── typo/',
    ])
      expect(steps.at(-1)).toContain(`\n${line}\n`);
    expect(steps.at(-1)).toMatch(/^ {2}file:\/\/\/.*\/sagemaker-output\/demo\/summary\.html$/m);
  });

  it("writes a page with the steps' summaries", () => {
    const page = readFileSync(join(output, 'summary.html'), 'utf8');
    expect(page.match(/<header>\d\. .*<\/header>/g)).toHaveLength(5);
    expect(page).toMatch(/<h3>✅ penguins \/ train: Completed<\/h3>/);
    expect(page).toMatch(/<h3>❌ penguins \/ typo: Failed<\/h3>/);
    expect(page).toMatch(/<table>.*<th[^>]*>Instances<\/th><td>2 × ml\.m5\.large \(spot\)<\/td>/s);
    expect(page).toMatch(/<td><code>accuracy<\/code><\/td><td align="right"><strong>0\.9\d+<\/strong><\/td>/);
    expect(page).toContain('<h3>⏭️ penguins / train: skipped</h3>');
    // The phases, drawn.
    expect(page.match(/<svg viewBox/g)).toHaveLength(5);
    expect(page).toMatch(/<text class="name"[^>]*>Training<\/text><rect class="active"/);
    expect(page).toContain('<div class="markdown-alert markdown-alert-caution">');
    // The traceback's `<module>`.
    expect(page).toContain('in &lt;module&gt;');
    expect(page).not.toContain('<module>');
    expect(page.replace(/<style>.*<\/style>/s, '')).not.toMatch(/<(script|link|img|iframe)|(src|href|style)=/i);
  });

  it('lets no text of a worker become more than text', async () => {
    const page = join(output, 'hostile.html');
    const markdown = [
      '<script>alert(1)</script><img src=x onerror=alert(2)><a href="javascript:alert(3)" onclick="alert(4)">a</a>',
      '</div></section></main><style>body { display: none }</style><iframe src="https://example.com"></iframe>',
      '[b](javascript:alert(5)) ![c](https://example.com/c.png) <meta http-equiv=refresh content=0><form action=x>',
      '<b title="&quot;&gt;">bold</b> <a href="https://example.com/">kept</a>',
    ].join('\n\n');
    const packages = join(root, '.cache', 'demo');
    const done = promisify(execFile)(process.execPath, [join(root, 'scripts', 'demo', 'render.mjs'), packages, page]);
    done.child.stdin?.end(JSON.stringify([{ title: '</title><script>', markdown }]));
    await done;
    const body = readFileSync(page, 'utf8').replace(/^.*<main>/s, '');
    expect(body).toContain('<b>bold</b>');
    expect(body).toContain('<a href="https://example.com/">kept</a>');
    expect(body).not.toMatch(/<(script|style|img|iframe|meta|form)|javascript:|onerror|onclick|title=/i);
    expect(body.match(/<\/(section|main|div)>/g)).toEqual(['</div>', '</section>', '</main>']);
    rmSync(page);
  });
});

// The story of the demo: what it needs → a stand-in for AWS → five steps → where the files lie → a page to look at.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startStep } from '../step.mjs';
import { StepLog } from './log.mjs';
import { withNews } from './news.mjs';
import { installPackages } from './packages.mjs';
import { writePage } from './page.mjs';
import { checkPrerequisites } from './prerequisites.mjs';
import { DemoError, Processes } from './processes.mjs';
import { OUTPUT, STEPS } from './steps.mjs';
import { bold, dim, green, harmless, red, say, sayLast, seconds } from './terminal.mjs';
import { treeOf } from './tree.mjs';

const root = join(import.meta.dirname, '..', '..');
const cache = join(root, '.cache');
const output = join(root, OUTPUT);
const WIDTH = 78;

/** Answers the exit code. */
export async function demo() {
  const processes = new Processes(() => sayLast('\nInterrupted: the demo ends what it started.'));
  try {
    await play(processes);
    return 0;
  } catch (error) {
    // What a signal ended may have told it as a failure of its own.
    if (processes.interruption !== undefined) return processes.interruption.exitCode;
    say(`\n${red('The demo ends here:')} ${error.message}`);
    if (error instanceof DemoError) say(error.remedy);
    return 1;
  }
}

async function play(processes) {
  await checkPrerequisites(join(cache, 'tools'));
  processes.check();
  const packages = join(cache, 'demo');
  const node = await installPackages(processes, packages);
  const folder = mkdtempSync(join(packages, 'run-'));
  try {
    rmSync(output, { recursive: true, force: true });
    const stage = { node, folder, processes, env: environment(folder) };
    const summaries = await withStandIn(stage, (env) => playSteps({ ...stage, env: { ...stage.env, ...env } }));
    headline('What is left');
    const page = join(output, 'summary.html');
    await writePage(processes, { node, packages, page, summaries });
    say(`${OUTPUT}/`);
    for (const line of treeOf(output)) say(line);
    say();
    say("The page shows the steps' summaries as GitHub does. Open it in a browser:");
    say(`  ${bold(pathToFileURL(page).href)}`);
    say(`\n${green('✔')} Nothing of the demo runs any more.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A runner's, with nothing in it that leads to AWS or to the run in which this demo may be. */
function environment(folder) {
  const foreign = /^(AWS|GITHUB|RUNNER|ACTIONS|INPUT|STATE)_/;
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return {
    ...own,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    RUNNER_TEMP: folder,
    RUNNER_TOOL_CACHE: join(cache, 'tools'),
    GITHUB_WORKSPACE: root,
    GITHUB_REPOSITORY: 'org/penguins',
    GITHUB_REF: 'refs/heads/main',
  };
}

/** Does the work with a stand-in for AWS, which ends with it, whatever happens. `work` takes the variables that lead there. */
async function withStandIn({ node, folder, processes, env }, work) {
  headline('A stand-in for AWS starts on this machine');
  say(dim('SageMaker, S3, IAM and CloudWatch Logs for the steps below; its training jobs really run, here.'));
  say();
  const bundle = join(root, 'dist', 'local', 'index.js');
  const log = new StepLog({ plainly: true });
  const stand = await runStep(processes, log, { node, bundle, folder, env });
  try {
    processes.check();
    if (stand.code !== 0) {
      const remedy = 'What the step above says is what to do; then run the demo again.';
      throw new DemoError(`the stand-in for AWS did not start (${endOf(stand)}).`, remedy);
    }
    return await work(stand.env);
  } finally {
    // One that a signal ended before it did anything has no state: there is nothing to end.
    if (Object.keys(stand.state).length > 0) await endStandIn({ node, bundle, folder, env, state: stand.state });
  }
}

/** Not one of `processes`: a signal must not end what ends everything. */
async function endStandIn(options) {
  const log = new StepLog({ plainly: true });
  const onOutput = (text) => log.add(text);
  await startStep({ ...options, detached: true, onOutput, onError: onOutput }).done;
  log.end();
}

/** Answers `{ title, markdown }` of each. */
async function playSteps({ node, folder, processes, env }) {
  const bundle = join(root, 'dist', 'index.js');
  const summaries = [];
  const all = Date.now();
  for (const [index, step] of STEPS.entries()) {
    headline(`${index + 1}/${STEPS.length}  ${step.title}`);
    for (const line of wrapped(step.what)) say(line);
    say();
    for (const line of yamlOf(step)) say(dim(line));
    const begun = Date.now();
    const log = new StepLog({ open: step.unfolded === true });
    const ran = await runStep(processes, log, { node, bundle, folder, env, inputs: step.inputs });
    const took = Date.now() - begun;
    processes.check();
    checkEnd(step, ran);
    await startStep({ node, bundle, folder, env, inputs: step.inputs, state: ran.state, detached: true }).done;
    processes.check();
    for (const name of step.outputs) say(dim(`output ${name}: ${firstLine(ran.outputs[name] ?? '')}`));
    const end = `${step.skips ? 'skipped' : step.fails ? 'failed' : 'done'} in ${seconds(took)}`;
    say(step.fails ? `${red('✘')} ${bold(end)}, as it should: the demo goes on` : `${green('✔')} ${bold(end)}`);
    summaries.push({ title: `${index + 1}. ${step.title}`, markdown: ran.summary });
  }
  say(`\nThe ${STEPS.length} steps took ${seconds(Date.now() - all)}.`);
  return summaries;
}

/** Throws a DemoError where a step did not end as it should. */
function checkEnd({ title, fails = false, skips = false }, ran) {
  const remedy = 'Its log above tells more. A second run starts afresh: npm run demo';
  if ((ran.code !== 0) !== fails)
    throw new DemoError(`the step "${title}" ${fails ? 'did not fail' : `failed (${endOf(ran)})`}.`, remedy);
  if (fails && ran.outputs.status !== 'Failed')
    throw new DemoError(`the step "${title}" did not get as far as its job.`, remedy);
  if (!fails && ran.outputs.skipped !== String(skips))
    throw new DemoError(`the step "${title}" was ${skips ? 'not skipped' : 'skipped'}.`, remedy);
}

/** Runs it with its output shown, in a process group of its own. */
async function runStep(processes, log, options) {
  const onOutput = (text) => log.add(text);
  const running = processes.run(() => startStep({ ...options, detached: true, onOutput, onError: onOutput }));
  const ran = await withNews(running, () => log.spoken);
  log.end();
  return ran;
}

function headline(text) {
  say(`\n${bold(`── ${text} ${'─'.repeat(Math.max(WIDTH - text.length - 4, 2))}`)}`);
}

/** As in a workflow; what an earlier step had too is left out. */
function yamlOf({ inputs, shown, title }) {
  if (shown.length === 0) return [];
  const whole = shown.length === Object.keys(inputs).length;
  const lines = shown.flatMap((name) => {
    const values = inputs[name].split('\n');
    return values.length === 1
      ? [`    ${name}: ${values[0]}`]
      : [`    ${name}: |`, ...values.map((value) => `      ${value}`)];
  });
  const head = whole ? [`- name: ${title}`, '  uses: org/simple-sagemaker-action@v1', '  with:'] : ['  with:'];
  return [...head, ...lines, ...(whole ? [] : ['    …']), ''];
}

function wrapped(text) {
  return (text.match(new RegExp(`.{1,${WIDTH}}(?: |$)`, 'g')) ?? []).map((line) => line.trimEnd());
}

function firstLine(text) {
  const [first = '', ...rest] = text.split('\n');
  return harmless(first) + (rest.length > 0 ? ' …' : '');
}

function endOf({ code, signal }) {
  return signal ?? `exit code ${code}`;
}

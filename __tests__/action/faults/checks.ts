/** What must hold whatever fails: no line lost or doubled, no orphan, no double job, no half result, no secret, words that help. */
import type { StepResult } from '../stand-in.ts';
import type { Kill, Scenario, Story } from './scenario.ts';
import { type Left, wholeLog } from './task.ts';
import { isLasting, type Point, type Way } from './ways.ts';

/** A service as messages name it. */
const NAMES: Readonly<Record<string, RegExp>> = {
  s3: /\bS3\b|s3:\/\//,
  iam: /\bIAM\b|\brole\b/,
  sts: /\bSTS\b|credentials|role-to-assume/,
  ecr: /\bECR\b/,
  sagemaker: /SageMaker/,
  logs: /CloudWatch Logs|\blog\b/i,
  pricing: /price/i,
};

export interface Told {
  readonly scenario: Scenario;
  readonly failing: readonly (Point & { readonly way: Way })[];
  readonly kill?: Kill | undefined;
}

/** Each broken promise in a line. */
export function brokenPromises(story: Story, told: Told): string[] {
  return [
    ...ending(story, told),
    ...lines(story, told),
    ...jobs(story),
    ...['main', 'post', 'next'].flatMap((name) => secrets(name, story[name as 'main' | 'post' | 'next'])),
    ...messages(story.main),
    ...afterwards(story, told),
  ];
}

/** A call that only passed by fails no run; what lasts fails it in words that name the service and what to do. */
function ending({ main, left, post }: Story, { failing, kill, scenario }: Told): string[] {
  if (main.code === 0) return whole('main', main, left, scenario, failing);
  if (kill !== undefined) return main.signal === 'SIGKILL' || main.code === 1 ? [] : [`main ended with ${main.code}`];
  const lasting = failing.filter(({ way }) => isLasting(way));
  if (lasting.length === 0) return [`what passes failed the run:\n${errors(main).join('\n')}`];
  const problems = main.code === 1 ? [] : [`main ended with ${main.code}`];
  if (errors(main).length !== 1) problems.push(`main has ${errors(main).length} errors`);
  for (const { operation, way } of lasting) {
    const [service = ''] = operation.split(':');
    const text = [...errors(main), ...errors(post)].join('\n');
    // Whoever is asked next says that they have expired.
    const names = way === 'expired' ? /expired/i : NAMES[service];
    if (!names?.test(text)) problems.push(`the error does not name ${service}: ${text}`);
  }
  for (const error of errors(main))
    if (!/%0A\S/.test(error)) problems.push(`the error does not say what to do: ${error}`);
  return problems;
}

/** Exit code 0 is only for whole results. A log that may not be read is a warning. */
export function whole(
  name: string,
  { outputs, stdout }: StepResult,
  left: Left,
  { instances }: { readonly instances: number },
  failing: Told['failing'],
) {
  const problems = left.wrong.map((each) => `${name} completed without ${each}`);
  if (outputs['status'] !== 'Completed') problems.push(`${name} completed with the status ${outputs['status']}`);
  const mayLack = failing.some(({ operation, way }) => operation.startsWith('logs:') && isLasting(way));
  for (let at = 0; at < instances; at += 1) {
    const [log = [], expected] = [left.logs[`logs/logs${at}`], wholeLog(at)];
    if (JSON.stringify(log) === JSON.stringify(expected)) continue;
    if (mayLack && /^::warning::.*log/m.test(stdout)) continue;
    problems.push(`${name}: the log of instance ${at} has ${log.length} lines and not the ${expected.length}`);
  }
  return problems;
}

/** No line comes twice, in the files or in the step's own log. */
function lines({ main, next, left, nextLeft }: Story, { scenario }: Told): string[] {
  const printed = (result: StepResult): string[] => result.stdout.match(/^\[algo-\d\] line .*$/gm) ?? [];
  const all = {
    'main printed': printed(main),
    'next printed': printed(next),
    ...Object.fromEntries(Object.entries(left.logs).map(([log, text]) => [`main's ${log}`, text])),
    ...Object.fromEntries(Object.entries(nextLeft.logs).map(([log, text]) => [`next's ${log}`, text])),
  };
  const problems = Object.entries(all).flatMap(([where, text]) => {
    const said = text.filter((line) => line.includes('line '));
    return new Set(said).size === said.length ? [] : [`${where}: a line comes twice`];
  });
  const expected = scenario.instances * (wholeLog(0).length - 4);
  if (main.code === 0 && printed(main).length > 0 && printed(main).length !== expected) {
    const isTold = /^::warning::.*log/m.test(main.stdout);
    if (!isTold) problems.push(`main printed ${printed(main).length} lines of ${expected}`);
  }
  return problems;
}

/** After main and post no job is in progress, unless somebody was told; a task never has two of them. */
function jobs({ main, post, next, jobs, jobsAtEnd }: Story): string[] {
  const told = [...errors(main), ...errors(post), ...notices(main)].join('\n');
  const problems = jobs
    .filter(({ status, name }) => status === 'InProgress' && !told.includes(name))
    .map(({ name }) => `${name} goes on, and nobody follows it or was told`);
  if (jobs.length > 1) problems.push(`${jobs.length} jobs were started by one run`);
  const isSame = main.outputs['fingerprint'] === next.outputs['fingerprint'];
  const twins = jobsAtEnd.slice(1).filter((_, at) => isSame && jobsAtEnd[at]?.status === 'Completed');
  return [...problems, ...twins.map(({ name }) => `${name} was started although the task had completed`)];
}

/** What the runner masks is said to it alone. */
export function secrets(name: string, { stdout, outputs, summary }: StepResult): string[] {
  const masked = [...stdout.matchAll(/^::add-mask::(.*)$/gm)].map(([, secret = '']) => secret.replaceAll('%25', '%'));
  const text = [stdout.replace(/^::add-mask::.*$/gm, ''), summary, ...Object.values(outputs)].join('\n');
  return masked.filter((secret) => secret !== '' && text.includes(secret)).map(() => `${name} printed a secret`);
}

/** Each kind of trouble is told once. */
export function messages({ stdout }: StepResult): string[] {
  const told: readonly string[] = stdout.match(/^.*(?:trying again|tries again|reading the rest).*$/gm) ?? [];
  return told.filter((line, at) => told.indexOf(line) !== at).map((line) => `said twice: ${line}`);
}

/** The next ordinary run completes, and nothing is stuck. */
function afterwards({ main, post, next, nextLeft, leases, jobsAtEnd }: Story, { scenario }: Told): string[] {
  const problems = whole('next', next, nextLeft, scenario, []);
  if (next.code !== 0) problems.unshift(`the next run ended with ${next.code}: ${errors(next).join('\n')}`);
  // Whoever needs it takes it over after a while.
  const isTold = /lease/.test([...errors(post), ...notices(main)].join('\n'));
  if (leases.length > 0 && !isTold) problems.push(`left: ${leases.join(', ')}`);
  const running = jobsAtEnd.filter(({ status }) => status === 'InProgress');
  return [...problems, ...running.map(({ name }) => `${name} still goes on after the next run`)];
}

export function errors({ stdout }: StepResult): string[] {
  return stdout.match(/^::error::.*$/gm) ?? [];
}

export function notices({ stdout }: StepResult): string[] {
  return stdout.match(/^::(?:notice|warning)::.*$/gm) ?? [];
}

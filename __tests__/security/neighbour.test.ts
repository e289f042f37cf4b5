/**
 * A step that follows a job leaves the account's calls to others: what it asks CloudWatch Logs and SageMaker is counted by
 * the stand-in, while every line is shown once, in order and soon.
 */
import { spawn } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { type Request, StandIn } from '../action/stand-in.ts';
import { Tally } from './tally.ts';

/** So many calls of DescribeTrainingJob may come before the one in five seconds that is the rule. */
const LOOKS_SAVED = 6;

const tally = new Tally('A good neighbour in the account');
/** Cases that take long and differ from another by their number of instances alone: with `--full`. */
const whole = process.env['SSM_TEST_FULL'] === '1';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
});
beforeEach(async () => {
  await aws.liftFaults();
  await aws.clearRequests();
});
afterAll(() => aws.stop());

/** Prints `rate` lines a second for some seconds, each with its number and time; a first `burst` as fast as it can. */
const PRINTER = `
import json, os, sys, time
rate, seconds, burst = json.loads(os.environ["PRINTS"])
begun, number = time.time(), 0
def say(count):
    global number
    now = time.time()
    sys.stdout.write("".join("line %d at %.3f\\n" % (number + each, now) for each in range(count)))
    sys.stdout.flush()
    number += count
say(burst)
for tick in range(int(seconds * 10)):
    say(rate // 10)
    time.sleep(max(0, begun + (tick + 1) / 10 - time.time()))
`;

interface Printed {
  /** Host → the numbers of its lines, as they were shown. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  /** The longest time from a line's print to its show, in seconds, of lines after the first two seconds. */
  readonly lag: number;
  /** The same of a process that prints the time and nothing else: how late this machine is. */
  readonly machineLag: number;
  /** Times of the first and the last line's show, in seconds. */
  readonly span: readonly [number, number];
  readonly stdout: string;
  readonly requests: readonly Request[];
}

interface Flood {
  readonly instances: number;
  /** Lines a second of each. */
  readonly rate: number;
  readonly seconds: number;
  readonly burst?: number;
  /** Whether lines are to come in order. */
  readonly ordered?: boolean;
  /** Called when the first line was shown. */
  readonly then?: () => Promise<void>;
}

/** A line passes three processes on its way here: the instance, the stand-in, the step. Each may wait for its turn. */
const PROCESSES = 3;

/** Prints ten times a second when it meant to. */
const CLOCK = 'let due = Date.now(); setInterval(() => { console.log(due); due = Date.now() + 100; }, 100)';

/** Measures until `stop`, which answers the longest time, in seconds, from when a line was due to when it came. */
function machineClock(): { readonly stop: () => number } {
  const child = spawn(process.execPath, ['-e', CLOCK], { stdio: ['ignore', 'pipe', 'inherit'] });
  let [first, most] = [true, 0];
  createInterface({ input: child.stdout }).on('line', (due) => {
    if (!first) most = Math.max(most, (Date.now() - Number(due)) / 1_000);
    first = false;
  });
  return {
    stop: () => {
      child.kill();
      return most;
    },
  };
}

async function flood(
  task: string,
  { instances, rate, seconds, burst = 0, ordered = true, then }: Flood,
): Promise<Printed> {
  const numbers = new Map<string, number[]>();
  let [rest, first, last, lag] = ['', 0, 0, 0];
  const watch = (chunk: string): void => {
    const now = Date.now() / 1_000;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, host = 'algo-1', number, at] = /^(?:\[(algo-\d+)\] )?line (\d+) at (\d+\.\d+)$/.exec(line) ?? [];
      if (number === undefined) continue;
      first ||= now;
      last = now;
      numbers.set(host, numbers.get(host) ?? []);
      numbers.get(host)?.push(Number(number));
      if (now - first > 2) lag = Math.max(lag, now - Number(at));
    }
  };
  const inputs = {
    ...{ task, entrypoint: 'w.py', 'instance-count': String(instances), 'skip-if': 'never', download: 'none' },
    ...{ 'upload-artifacts': 'none', environment: `PRINTS=[${rate}, ${seconds}, ${burst}]` },
  };
  const clock = machineClock();
  const step = aws.step(aws.workspace({ 'w.py': PRINTER }), inputs, {}, undefined, watch);
  await step.printed('line ');
  await then?.();
  const { code, stdout } = await step.done;
  const machineLag = clock.stop();
  expect(code, stdout.slice(-2_000)).toBe(0);
  const requests = await aws.requests();
  const count = burst + seconds * 10 * Math.floor(rate / 10);
  if (!ordered) for (const seen of numbers.values()) seen.sort((a, b) => a - b);
  const wrong = [...numbers].filter(([, seen]) => seen.length !== count || seen.some((number, at) => number !== at));
  expect(wrong.map(([host, seen]) => `${host}: ${seen.length} of ${count}`)).toEqual([]);
  expect(numbers.size).toBe(instances);
  return { numbers, lag, machineLag, span: [first, last], stdout, requests };
}

const ofLogs = (requests: readonly Request[]): Request[] => requests.filter(({ action }) => action.startsWith('logs:'));
/** Of the step: the jobs' own roles call too. */
const looks = (requests: readonly Request[]): Request[] =>
  requests.filter(({ operation }) => operation === 'DescribeTrainingJob');

/** The most calls a second in any `seconds` of the span: n calls have n - 1 pauses between them. */
function mostPerSecond(calls: readonly Request[], [from, to]: readonly [number, number], seconds: number): number {
  const times = calls.map(({ time }) => time).filter((time) => time >= from && time <= to);
  const counts = times.map((start) => times.filter((time) => time >= start && time < start + seconds).length);
  return Math.max(0, Math.max(...counts) - 1) / seconds;
}

/** How the calls were spread, for the reader of the test's output. */
function spread(name: string, { requests, lag, machineLag, span: [from, to] }: Printed): void {
  const counts = new Map<string, number>();
  const during = requests.filter(({ time }) => time >= from && time <= to);
  for (const { operation } of during) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  const each = [...counts].map(([operation, count]) => `${operation} ${(count / (to - from)).toFixed(2)}/s`);
  console.log(
    `${name}: ${(to - from).toFixed(1)} s, lag ${lag.toFixed(2)} s (machine ${machineLag.toFixed(2)} s); ${each.join(', ')}`,
  );
}

describe('while caught up', () => {
  tally.attack(
    'lines at all times: more than two calls a second of the logs, or a lag of more than 2 s',
    [
      { instances: 1, rate: 5_000, seconds: 8 },
      ...(whole ? [{ instances: 2, rate: 2_500, seconds: 8 }] : []),
      { instances: 4, rate: 1_250, seconds: 8 },
      { instances: 10, rate: 500, seconds: 8 },
    ],
    async (given) => {
      // Other tests run at the same time and delay lines, too: the least lag of three tries counts, without the machine's own,
      // and where its processors are wanted twice over, everything may take twice as long. The calls of each try count.
      const seen: string[] = [];
      for (let tries = 1; tries <= 3; tries++) {
        await aws.clearRequests();
        const printed = await flood(`caught-up-${given.instances}-${tries}`, given);
        const [from, to] = printed.span;
        const most = mostPerSecond(ofLogs(printed.requests), [from + 1, to], 4);
        const times = looks(printed.requests).map(({ time }) => time);
        const mostLooks = Math.floor((Math.max(...times) - Math.min(...times)) / 5) + LOOKS_SAVED;
        spread(`${given.instances} instances, at most ${most} calls of the logs a second`, printed);
        const lag = printed.lag - PROCESSES * printed.machineLag;
        const mostLag = 2 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
        if (most > 2) return `${most} calls of the logs a second`;
        if (times.length > mostLooks) return `${times.length} of ${mostLooks} looks`;
        if (lag <= mostLag) return false;
        seen.push(`a lag of ${lag} s, more than ${mostLag}`);
      }
      return seen.join('; ');
    },
  );
});

describe('while behind', () => {
  tally.attack(
    'a burst: more than eight calls a second',
    [
      { instances: 1, rate: 100, seconds: 2, burst: 300_000 },
      { instances: 4, rate: 100, seconds: 2, burst: 75_000 },
    ],
    async (given) => {
      const printed = await flood(`behind-${given.instances}`, given);
      spread(`${given.instances} instances behind`, printed);
      const most = mostPerSecond(ofLogs(printed.requests), printed.span, 2);
      return most > 8 && `${most} calls of the logs a second`;
    },
  );
});

describe('an account that is short of calls', () => {
  tally.attack(
    'a throttled call: the next one comes sooner than at half the rate, or a line is lost',
    [
      { instances: 1, operation: 'logs:GetLogEvents' },
      { instances: 4, operation: 'logs:FilterLogEvents' },
    ],
    async ({ instances, operation }) => {
      const then = (): Promise<void> => aws.fault({ kind: 'throttle', operation, times: 3 });
      const { requests } = await flood(`throttled-${instances}`, { instances, rate: 100, seconds: 12, then });
      const calls = ofLogs(requests);
      const gaps = calls.flatMap(({ status, time }, at) => (status === 400 ? [(calls[at + 1]?.time ?? 0) - time] : []));
      console.log(
        `${instances} instances: seconds after each throttled call: ${gaps.map((gap) => gap.toFixed(2)).join(', ')}`,
      );
      const least = [0.9, 1.7, 3];
      return gaps.length !== 3 || gaps.some((gap, at) => gap < (least[at] ?? 0));
    },
  );

  tally.attack(
    "others' calls leave four a second while the step is behind: more than one in four is refused, or a line is lost",
    whole ? [1, 4] : [4],
    async (instances) => {
      const then = (): Promise<void> => aws.fault({ kind: 'throttle', operation: 'logs:*', 'per-second': 4 });
      const given = { instances, rate: 100, seconds: 2, burst: 300_000 / instances, then };
      const calls = ofLogs((await flood(`scarce-${instances}`, given)).requests);
      const refused = calls.filter(({ status }) => status === 400).length;
      console.log(`${instances} instances: ${refused} of ${calls.length} calls refused`);
      return refused > calls.length / 4;
    },
  );
});

describe('credentials that may not search', () => {
  tally.attack(
    'four or ten instances: more than two calls a second, or a line is lost',
    whole ? [4, 10] : [10],
    async (instances) => {
      await aws.fault({ kind: 'deny', action: 'logs:FilterLogEvents' });
      const printed = await flood(`denied-${instances}`, { instances, rate: 200, seconds: 8 });
      spread(`${instances} instances without search`, printed);
      const [from, to] = printed.span;
      const said = printed.stdout.match(/^The credentials may not call logs:FilterLogEvents.*$/gm)?.length;
      // Each stream is asked for at once when it is found.
      return said !== 1 || mostPerSecond(ofLogs(printed.requests), [from + 3, to], 4) > 2;
    },
  );
});

describe('lines that arrive late and out of order', () => {
  tally.attack(
    'late lines: one is lost or comes twice, or there are more than eight calls a second',
    [
      { delay: 0.5, rate: 1_000 },
      { delay: 2, rate: 1_000 },
      // More than is remembered: what was missed is found by the counts of the end lines.
      { delay: 4, rate: 3_000 },
    ],
    async ({ delay, rate }) => {
      const pace = (log_delay: number): Promise<Response> =>
        fetch(`${aws.url}/_local/pace`, { method: 'PUT', body: JSON.stringify({ log_delay }) });
      await pace(delay);
      try {
        const printed = await flood(`late-${delay}`, { instances: 4, rate, seconds: 6, ordered: false });
        spread(`late by ${delay} s and more`, printed);
        return mostPerSecond(ofLogs(printed.requests), [0, Number.POSITIVE_INFINITY], 4) > 8;
      } finally {
        await pace(0);
      }
    },
  );
});

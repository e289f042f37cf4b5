/** Prints the events of a golden file: see golden.test.ts. */
import { readFileSync } from 'node:fs';
import type { DescribedJob, TrainingStatus, Transition } from '../../src/core/training-job.ts';
import { PrintedLog } from '../../src/follow/printed-log.ts';
import { maskSecrets } from '../../src/github/log.ts';

const [, , path = ''] = process.argv;
const [given = ''] = readFileSync(path, 'utf8').split('=====\n');
const [, head = ''] = /^# job: (.*)$/m.exec(given) ?? [];
const instances = Number(/(\d+) instance/.exec(head)?.[1] ?? 1);
const ENDS: readonly string[] = ['Completed', 'Failed', 'Stopped'];

let job: DescribedJob = {
  ...{
    name: 'j',
    status: 'InProgress',
    secondaryStatus: '',
    transitions: [],
    failureReason: '',
    arn: '',
    imageUri: '',
  },
  ...{
    instanceTypes: ['ml.g5.xlarge'],
    chosen: false,
    instanceCount: instances,
    spot: true,
    outputPath: '',
    compression: 'gzip',
    kmsKey: undefined,
  },
  ...{ created: undefined, ended: undefined },
  ...{ stateUri: '', codeUri: '', trainingSeconds: undefined, billableSeconds: undefined, metrics: new Map() },
  announcesProgram: !head.includes('own entry point'),
};

/** The job with this transition in place of those from `index` on. */
function withTransition(index: number, transition: Transition): DescribedJob {
  const ended = ENDS.includes(transition.status);
  const status = (ended ? transition.status : 'InProgress') as TrainingStatus;
  const transitions = [...job.transitions.slice(0, index), transition];
  return { ...job, status, secondaryStatus: transition.status, transitions };
}

const [, secret] = /secret (\S+)/.exec(head) ?? [];
if (secret !== undefined) maskSecrets([secret]);
const time = (text: string): number => Date.parse(`2026-01-02T${text}Z`);
const printed = new PrintedLog(instances, time('00:00:00'));
for (const line of given.split('\n')) {
  if (line === '' || line.startsWith('#')) continue;
  const [, seen, clock = '', kind = '', rest = ''] = /^(?:\[(\S+)\] )?(\d\d:\d\d:\d\d) (\S+) ?(.*)$/.exec(line) ?? [];
  const [at, now] = [time(clock), time(seen ?? clock)];
  const [, status = '', message = ''] = /^([^:]*)(?:: (.*))?$/.exec(rest) ?? [];
  const last = job.transitions.at(-1);
  switch (kind) {
    case 'status':
      job = withTransition(job.transitions.length, { status, message: JSON.parse(`"${message}"`), at: new Date(at) });
      printed.job(job, now);
      break;
    case 'note':
      job = withTransition(job.transitions.length - 1, { status: '', at: undefined, ...last, message: rest });
      printed.job(job, now);
      break;
    case 'message':
      printed.message(rest, now);
      break;
    case 'tick':
      printed.tick(
        { isComplete: rest === 'complete', isBehind: rest === 'behind', isReadable: rest !== 'unreadable' },
        now,
      );
      break;
    case 'end':
      printed.end(now);
      break;
    default: {
      const instance = Number(kind.replace('algo-', '')) - 1;
      printed.lines({ host: kind, instance, lines: [{ at, text: JSON.parse(`"${rest}"`) as string }] }, now);
    }
  }
}
printed.close();

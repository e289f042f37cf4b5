/** What a job waits for, in words, and when to say it: a step that prints nothing looks as if it hung. */

import { instances } from '../core/format.ts';
import type { DescribedJob } from '../core/training-job.ts';

const MINUTE_MS = 60_000;
/** Minutes of silence after which it is said; then every ten. */
const SAID_AFTER = [1, 2, 5, 10];
const SAID_EVERY = 10;

/** How long nothing was printed. Times are milliseconds since 1970. */
export class Silence {
  #since: number;
  #said = 0;

  constructor(now: number) {
    this.#since = now;
  }

  /** Something was printed. */
  end(now: number): void {
    this.#since = now;
    this.#said = 0;
  }

  /** Whether it is time to say what is waited for. */
  due(now: number): boolean {
    const said = this.#said;
    while (now - this.#since >= this.#next * MINUTE_MS) this.#said += 1;
    return this.#said > said;
  }

  /** After how many minutes it is said next. */
  get #next(): number {
    return SAID_AFTER[this.#said] ?? (this.#said - SAID_AFTER.length + 2) * SAID_EVERY;
  }
}

/** What the words depend on. Times are milliseconds since 1970. */
export interface Quiet {
  /** Undefined if SageMaker has not described the job yet. */
  readonly job: DescribedJob | undefined;
  readonly now: number;
  /** When the job got its status, or the status its message. */
  readonly changed: number;
  /** When the last line of the log came. Undefined: none came yet. */
  readonly lastLine: number | undefined;
  /** Whether the program was not started yet, because its packages are being installed. */
  readonly isSettingUp: boolean;
  readonly isReadable: boolean;
}

/** One sentence. */
export function awaited({ job, now, changed, lastLine, isSettingUp, isReadable }: Quiet): string {
  if (job === undefined) return `Still waiting for SageMaker's answer, ${minutes(now - changed)}.`;
  const last = job.transitions.at(-1);
  const message = last?.message ?? '';
  const lasted = minutes(now - changed);
  switch (job.secondaryStatus) {
    case 'Starting':
    case 'LaunchingMLInstances':
    case 'PreparingTrainingStack':
    case 'Pending':
    case 'Interrupted':
    case 'Restarting':
      if (/prepar/i.test(message)) return `Still preparing ${instances(job)}, ${lasted}.`;
      return `Still waiting for capacity: ${instances(job)}, ${minutes(now - (last?.at?.getTime() ?? changed))}.`;
    case 'Downloading':
    case 'DownloadingTrainingImage':
      if (/image/i.test(job.secondaryStatus + message)) return `Still downloading the training image, ${lasted}.`;
      return `Still downloading the input data, ${lasted}.`;
    case 'Training': {
      if (!isReadable) return `Still training, ${lasted}.`;
      const quiet = minutes(now - Math.max(changed, lastLine ?? 0));
      return isSettingUp
        ? `The set-up has printed nothing for ${quiet}.`
        : `The program has printed nothing for ${quiet}.`;
    }
    case 'Uploading':
      return `Still uploading model and output, ${lasted}.`;
    case 'Stopping':
      return `Still stopping, ${lasted}. The program has two minutes to end.`;
    default:
      return `Still ${job.secondaryStatus || job.status}, ${lasted}.`;
  }
}

/** `6 min`, `2 h 5 min`. */
function minutes(milliseconds: number): string {
  const all = Math.max(0, Math.floor(milliseconds / MINUTE_MS));
  return all < 60 ? `${all} min` : `${Math.floor(all / 60)} h ${all % 60} min`;
}

/**
 * A job's log streams, read by forward token. An empty page is not the end of a stream, only an unchanged token is:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
import {
  type CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { allComplete, parseStreamName, StreamTail } from '../task/tail.ts';
import { isServiceError } from './clients.ts';

const GROUP = '/aws/sagemaker/TrainingJobs';

/** New lines of one stream, in order. `instance` counts from 0. */
export interface LogLines {
  readonly host: string;
  readonly instance: number;
  readonly lines: readonly string[];
}

interface Stream {
  readonly tail: StreamTail;
  readonly name: string;
  token: string | undefined;
}

/** Reads the streams of one job; each line is given out once. */
export class JobLogs {
  readonly #client: CloudWatchLogsClient;
  readonly #job: string;
  readonly #hosts: number;
  readonly #streams = new Map<string, Stream>();

  constructor(client: CloudWatchLogsClient, job: string, hosts: number) {
    this.#client = client;
    this.#job = job;
    this.#hosts = hosts;
  }

  /** Whether the end lines prove that all was read. */
  get complete(): boolean {
    return allComplete(
      [...this.#streams.values()].map((stream) => stream.tail),
      this.#hosts,
    );
  }

  /** Gives what came since the last call to `show`, page by page. `starts`: how often the containers were started. */
  async read(starts: number, show: (lines: LogLines) => void, signal: AbortSignal): Promise<void> {
    if (this.#streams.size < this.#hosts * starts) await this.#discover(signal);
    const reads = [...this.#streams.values()].map((stream) => this.#readStream(stream, show, signal));
    // All have ended before the next call reads the same streams.
    const failed = (await Promise.allSettled(reads)).find((read) => read.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #discover(signal: AbortSignal): Promise<void> {
    let token: string | undefined;
    do {
      const request = { logGroupName: GROUP, logStreamNamePrefix: `${this.#job}/`, nextToken: token };
      try {
        const page = await this.#client.send(new DescribeLogStreamsCommand(request), { abortSignal: signal });
        for (const { logStreamName: name = '' } of page.logStreams ?? []) this.#add(name);
        token = page.nextToken;
      } catch (error) {
        // The group appears with the account's first line.
        if (isServiceError(error, 'ResourceNotFoundException')) return;
        throw error;
      }
    } while (token !== undefined);
  }

  #add(name: string): void {
    const parsed = parseStreamName(name);
    if (parsed === undefined || this.#streams.has(name)) return;
    this.#streams.set(name, { name, tail: new StreamTail(parsed), token: undefined });
  }

  async #readStream(stream: Stream, show: (lines: LogLines) => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      const request = { logGroupName: GROUP, logStreamName: stream.name, startFromHead: true, nextToken: stream.token };
      const page = await this.#client.send(new GetLogEventsCommand(request), { abortSignal: signal });
      const lines = stream.tail.accept((page.events ?? []).map((event) => event.message ?? ''));
      const { host, instance } = stream.tail.name;
      if (lines.length > 0) show({ host, instance, lines });
      if (page.nextForwardToken === undefined || page.nextForwardToken === stream.token) return;
      stream.token = page.nextForwardToken;
    }
  }
}

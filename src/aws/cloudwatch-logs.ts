/**
 * Reads the log streams of training jobs. Each function makes one call for one page. The caller decides when the next call is
 * made, so the SDK does not retry.
 */
import {
  CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  type OutputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import type { FoundEvent, LogEvent } from '../core/log-event.ts';
import type { Connection } from './connection.ts';
import { isServiceError } from './service-errors.ts';

const GROUP = '/aws/sagemaker/TrainingJobs';

/** A page, and the token of the next one. */
export interface LogPage<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/** Names of the streams that begin with `prefix`. */
export async function streamNames(
  aws: Connection,
  prefix: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<LogPage<string>> {
  const request = { logGroupName: GROUP, logStreamNamePrefix: prefix, nextToken: token };
  return await orNothing(async () => {
    const page = await logs(aws).send(new DescribeLogStreamsCommand(request), { abortSignal: signal });
    const items = (page.logStreams ?? []).map(({ logStreamName = '' }) => logStreamName);
    return { items, next: page.nextToken };
  });
}

/**
 * The page of a stream after a token (undefined: from its start). An empty page is not the end: only an
 * unchanged token is. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export async function streamEvents(
  aws: Connection,
  name: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<LogPage<LogEvent>> {
  const request = { logGroupName: GROUP, logStreamName: name, startFromHead: true, nextToken: token };
  const page = await logs(aws).send(new GetLogEventsCommand(request), { abortSignal: signal });
  return { items: (page.events ?? []).map(eventOf), next: page.nextForwardToken ?? token };
}

/**
 * Events since a time of all streams whose names begin with `prefix`, sorted by time. An empty page is not the end: only a
 * missing token is. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export async function searchEvents(
  aws: Connection,
  prefix: string,
  from: number,
  token: string | undefined,
  signal: AbortSignal,
): Promise<LogPage<FoundEvent>> {
  const request = { logGroupName: GROUP, logStreamNamePrefix: prefix, startTime: from, nextToken: token };
  return await orNothing(async () => {
    const page = await logs(aws).send(new FilterLogEventsCommand(request), { abortSignal: signal });
    const items = (page.events ?? []).map((event) => {
      return { ...eventOf(event), id: event.eventId ?? '', stream: event.logStreamName ?? '' };
    });
    return { items, next: page.nextToken };
  });
}

function eventOf({ timestamp = 0, ingestionTime, message = '' }: OutputLogEvent | FilteredLogEvent): LogEvent {
  return { timestamp, arrived: ingestionTime ?? timestamp, message };
}

/** The log group is created with the account's first log line. */
async function orNothing<T>(page: () => Promise<LogPage<T>>): Promise<LogPage<T>> {
  try {
    return await page();
  } catch (error) {
    if (isServiceError(error, 'ResourceNotFoundException')) return { items: [], next: undefined };
    throw error;
  }
}

function logs(aws: Connection): CloudWatchLogsClient {
  return aws.client(CloudWatchLogsClient, aws.region, { maxAttempts: 1 });
}

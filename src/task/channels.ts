/**
 * Input channels, one a line: `NAME=SOURCE [FullyReplicated|ShardedByS3Key] [File|FastFile|Pipe]`. The worker finds one
 * at /opt/ml/input/data/NAME. Limits: CreateTrainingJob's InputDataConfig (20 channels, of which the code takes one).
 */
import type { Mistake } from './errors.ts';
import { LONGEST_URI } from './limits.ts';
import { parseLines, parseMap, splitPair, Unparsable } from './parse.ts';
import { type JobSource, parseChained, type TaskSource } from './sources.ts';

const DISTRIBUTIONS = ['FullyReplicated', 'ShardedByS3Key'] as const;
const MODES = ['File', 'FastFile', 'Pipe'] as const;

export type Distribution = (typeof DISTRIBUTIONS)[number];
export type InputMode = (typeof MODES)[number];

/** Where a channel's data is: on the runner, to be synchronised, in S3 already, or a job's result. */
export type Source =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 's3'; readonly uri: S3Uri }
  | TaskSource
  | JobSource;

export interface S3Uri {
  readonly bucket: string;
  readonly key: string;
}

export interface Channel {
  readonly name: string;
  readonly source: Source;
  readonly distribution: Distribution;
  readonly mode: InputMode;
}

/** The channel that brings the code; hidden from the worker. */
export const CODE_CHANNEL = 'ssm_code';
const MOST_CHANNELS = 19;

/** The channels of the `inputs` input, and everything wrong with them. */
export function parseChannels(text: string): { channels: Channel[]; mistakes: Mistake[] } {
  const channels: Channel[] = [];
  const mistakes: Mistake[] = [];
  const attempt = (read: () => void): void => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof Unparsable)) throw error;
      mistakes.push({ input: 'inputs', problem: error.message, remedy: error.remedy });
    }
  };
  const read = (pair: () => [string, string]): void =>
    attempt(() => {
      const [name, value] = pair();
      channels.push(parseChannel(name, value, channels));
    });
  attempt(() => {
    for (const pair of channelPairs(text)) read(pair);
  });
  if (channels.length > MOST_CHANNELS) {
    const problem = `${channels.length} channels are more than the ${MOST_CHANNELS} that a job can have beside its code.`;
    mistakes.push({ input: 'inputs', problem, remedy: 'Put some of them under one folder or S3 prefix.' });
  }
  mistakes.push(...channels.flatMap((channel, index) => clashes(channel, channels.slice(0, index))));
  return { channels, mistakes };
}

/** Channels that the worker would find under one name: SM_CHANNEL_NAME in capitals, and Pipe's FIFOs, NAME_EPOCH. */
function clashes(channel: Channel, earlier: readonly Channel[]): Mistake[] {
  const remedy = 'Rename one.';
  const same = earlier.find(({ name }) => name.toUpperCase() === channel.name.toUpperCase());
  if (same !== undefined) {
    const problem = `"${same.name}" and "${channel.name}" are both SM_CHANNEL_${channel.name.toUpperCase()}.`;
    return [{ input: 'inputs', problem, remedy }];
  }
  const pipe = earlier.find((other) => isFifoOf(other, channel) || isFifoOf(channel, other));
  if (pipe === undefined) return [];
  const problem = `"${pipe.name}" and "${channel.name}" meet: the pipes of a channel in Pipe mode are NAME_0, NAME_1, ….`;
  return [{ input: 'inputs', problem, remedy }];
}

function isFifoOf({ name }: Channel, pipe: Channel): boolean {
  return pipe.mode === 'Pipe' && name.startsWith(`${pipe.name}_`) && /^\d+$/.test(name.slice(pipe.name.length + 1));
}

/** A name and a value each, taken apart when asked: what is wrong with one does not hide the others. */
function channelPairs(text: string): (() => [string, string])[] {
  if (!text.trimStart().startsWith('{')) return parseLines(text).map((line) => () => splitPair(line));
  return [...parseMap(text)].map(([name, value]) => () => {
    if (typeof value === 'string') return [name, value.trim()];
    throw new Unparsable(`the source of "${name}" is not a string.`, 'Put it in quotes.');
  });
}

function parseChannel(name: string, value: string, earlier: readonly Channel[]): Channel {
  if (!/^(?!\.+$)[A-Za-z0-9._-]{1,64}$/.test(name)) {
    throw new Unparsable(`"${name}" is no channel name.`, 'Use up to 64 letters, digits, ".", "_" and "-".');
  }
  if (name === CODE_CHANNEL)
    throw new Unparsable(`"${name}" is the channel that brings the code.`, 'Choose another name.');
  if (earlier.some((channel) => channel.name === name))
    throw new Unparsable(`"${name}" is there twice.`, 'Rename one.');
  const words = value.split(/\s+/);
  const options: string[] = [];
  while (words.length > 1 && isOption(words.at(-1) ?? '')) options.unshift(words.pop() ?? '');
  for (const kind of [DISTRIBUTIONS, MODES] as const) {
    if (options.filter((option) => kind.some((word) => word === option)).length > 1) {
      throw new Unparsable(`"${name}" has ${options.join(' and ')}.`, `Give one of ${kind.join(', ')}.`);
    }
  }
  const source = value.slice(0, sourceLength(value, options)).trim();
  if (source === '') {
    const remedy = 'If it comes from an output, GitHub drops outputs that hold a masked value such as the account id.';
    throw new Unparsable(`the source of "${name}" is empty.`, remedy);
  }
  return {
    name,
    source: parseSource(source),
    distribution: DISTRIBUTIONS.find((word) => options.includes(word)) ?? 'FullyReplicated',
    mode: MODES.find((word) => options.includes(word)) ?? 'File',
  };
}

function isOption(word: string): boolean {
  return [...DISTRIBUTIONS, ...MODES].some((option) => option === word);
}

/** How much of the value is the source, which may hold blanks of any number. */
function sourceLength(value: string, options: readonly string[]): number {
  return options.reduceRight((length, option) => value.lastIndexOf(option, length - 1), value.length);
}

function parseSource(source: string): Source {
  if (source.startsWith('s3://') && source.length > LONGEST_URI) {
    const problem = `an S3 URI of ${source.length} characters is over the ${LONGEST_URI} that a job can have.`;
    throw new Unparsable(problem, 'Name a folder above it.');
  }
  if (source.startsWith('s3://')) return { kind: 's3', uri: parseS3Uri(source) };
  const chained = parseChained(source);
  if (chained !== undefined) return chained;
  return { kind: 'local', path: source };
}

/** `s3://bucket/key`; the key may be empty. Names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function parseS3Uri(text: string): S3Uri {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\s\S]*))?$/.exec(text);
  if (match === null) throw new Unparsable(`"${text}" is no S3 URI.`, 'Write s3://BUCKET/PREFIX.');
  return { bucket: match[1] ?? '', key: match[2] ?? '' };
}

export function formatS3Uri(uri: S3Uri): string {
  return `s3://${uri.bucket}/${uri.key}`;
}

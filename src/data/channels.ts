/**
 * Input channels, one on each line: `NAME=SOURCE [FullyReplicated|ShardedByS3Key] [File|FastFile|Pipe]`. The worker
 * finds a channel at /opt/ml/input/data/NAME. CreateTrainingJob's InputDataConfig allows 20 channels; the code needs
 * one of them.
 */

import { InputProblem, type Mistake } from '../core/errors.ts';
import { type Entry, parseEntries } from '../core/input-syntax.ts';
import type { HashedFile, LocalFile } from '../core/local-file.ts';
import { CODE_CHANNEL } from '../core/s3-layout.ts';
import { LONGEST_URI, parseS3Uri, type S3Uri } from '../core/s3-uri.ts';
import { type JobSource, MASKED_OUTPUT, parseChained, type TaskSource } from './upstream.ts';

const DISTRIBUTIONS = ['FullyReplicated', 'ShardedByS3Key'] as const;
const MODES = ['File', 'FastFile', 'Pipe'] as const;

export type DataDistribution = (typeof DISTRIBUTIONS)[number];
export type InputMode = (typeof MODES)[number];

/** Where a channel's data is: on the runner, in S3, or among the results of a task or job. */
export type Source =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 's3'; readonly uri: S3Uri }
  | TaskSource
  | JobSource;

export interface Channel {
  readonly name: string;
  readonly source: Source;
  readonly distribution: DataDistribution;
  readonly mode: InputMode;
}

/** A channel after its local files were listed. */
export interface ListedChannel extends Channel {
  /** Undefined: the data is not on the runner. */
  readonly files: readonly LocalFile[] | undefined;
}

/** A channel after its place in S3 was found. Local files are uploaded there later. */
export interface LocatedChannel extends Channel {
  /** Undefined: the data is in S3 already. */
  readonly files: readonly HashedFile[] | undefined;
  readonly uri: S3Uri;
  /** What the job's role must be able to read: the source, or a folder above it. */
  readonly grant: S3Uri;
  /** Identifies the data. Undefined if the credentials may not list it: then the input counts as changed. */
  readonly fact: string | undefined;
}

const MOST_CHANNELS = 19;
const FORM = {
  ...{ example: 'data=./data', wrappers: ['inputs'], oneWord: true, expressions: false, bareNames: false },
};

/** Parses the input `inputs`. Returns the channels and all mistakes. */
export function parseChannels(text: string): { channels: Channel[]; mistakes: Mistake[] } {
  const channels: Channel[] = [];
  const mistakes: Mistake[] = [];
  const collect = (read: () => void): void => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof InputProblem)) throw error;
      mistakes.push({ input: 'inputs', problem: error.message, remedy: error.remedy });
    }
  };
  const read = (entry: () => Entry): void =>
    collect(() => {
      const { key, value } = entry();
      if (typeof value !== 'string')
        throw new InputProblem(`the source of "${key}" is not a string`, 'put it in quotes.');
      channels.push(parseChannel(key, value.trim(), channels));
    });
  collect(() => {
    for (const entry of parseEntries(text, FORM)) read(entry);
  });
  if (channels.length > MOST_CHANNELS) {
    const problem = `there are ${channels.length} channels, and a job can have at most ${MOST_CHANNELS}`;
    mistakes.push({ input: 'inputs', problem, remedy: 'put some of them into one folder or under one S3 prefix.' });
  }
  mistakes.push(...channels.flatMap((channel, index) => clashes(channel, channels.slice(0, index))));
  return { channels, mistakes };
}

/**
 * Channels that get the same name on the worker: as the variable SM_CHANNEL_NAME, or as the FIFO NAME_EPOCH of Pipe
 * mode.
 */
function clashes(channel: Channel, earlier: readonly Channel[]): Mistake[] {
  const remedy = 'rename one of the two.';
  const same = earlier.find(({ name }) => name.toUpperCase() === channel.name.toUpperCase());
  if (same !== undefined) {
    const problem = `the channels "${same.name}" and "${channel.name}" would both get the variable SM_CHANNEL_${channel.name.toUpperCase()} on the worker`;
    return [{ input: 'inputs', problem, remedy }];
  }
  const pipe = earlier.find((other) => isFifoOf(other, channel) || isFifoOf(channel, other));
  if (pipe === undefined) return [];
  const problem = `the channels "${pipe.name}" and "${channel.name}" collide, because a channel in Pipe mode has pipes named NAME_0, NAME_1, …`;
  return [{ input: 'inputs', problem, remedy }];
}

function isFifoOf({ name }: Channel, pipe: Channel): boolean {
  return pipe.mode === 'Pipe' && name.startsWith(`${pipe.name}_`) && /^\d+$/.test(name.slice(pipe.name.length + 1));
}

function parseChannel(name: string, value: string, earlier: readonly Channel[]): Channel {
  if (!/^(?!\.+$)[A-Za-z0-9._-]{1,64}$/.test(name)) {
    const remedy = 'use up to 64 letters, digits, ".", "_" and "-", and not dots alone.';
    throw new InputProblem(`"${name}" is not a valid channel name`, remedy);
  }
  if (name === CODE_CHANNEL)
    throw new InputProblem(`"${name}" is reserved for the channel with the code`, 'use another name.');
  if (earlier.some((channel) => channel.name === name))
    throw new InputProblem(`two channels are named "${name}"`, 'rename one of the two.');
  const words = value.split(/\s+/);
  if (words.slice(1).some((word) => /^[A-Za-z0-9._-]+=(?:s3:|task:|job:|\.|\/)/.test(word)))
    throw new InputProblem(`the source of "${name}" contains another channel`, 'write one channel on each line.');
  const options: string[] = [];
  while (words.length > 1 && isOption(words.at(-1) ?? '')) options.unshift(words.pop() ?? '');
  for (const kind of [DISTRIBUTIONS, MODES] as const) {
    if (options.filter((option) => kind.some((word) => word === option)).length > 1) {
      throw new InputProblem(
        `the channel "${name}" has the options ${options.join(' and ')}`,
        `use only one of ${kind.join(', ')}.`,
      );
    }
  }
  const source = value.slice(0, sourceLength(value, options)).trim();
  if (source === '') {
    const remedy = `write a file, a folder, an s3:// URI, or a result such as task:NAME/model. ${MASKED_OUTPUT}`;
    throw new InputProblem(`the source of "${name}" is empty`, remedy);
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

/** The length of the source in the value. The source may contain several blanks in a row. */
function sourceLength(value: string, options: readonly string[]): number {
  return options.reduceRight((length, option) => value.lastIndexOf(option, length - 1), value.length);
}

function parseSource(source: string): Source {
  if (source.startsWith('s3://') && source.length > LONGEST_URI) {
    const problem = `the S3 URI has ${source.length} characters, and SageMaker allows at most ${LONGEST_URI}`;
    throw new InputProblem(problem, 'use a folder above it.');
  }
  if (source.startsWith('s3://')) return { kind: 's3', uri: parseS3Uri(source) };
  const chained = parseChained(source);
  if (chained !== undefined) return chained;
  return { kind: 'local', path: source };
}

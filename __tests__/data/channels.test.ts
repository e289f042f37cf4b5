import { describe, expect, it } from 'vitest';
import { formatS3Uri, parseS3Uri } from '../../src/core/s3-uri.ts';
import { type Channel, parseChannels } from '../../src/data/channels.ts';

const local = (path: string): Channel['source'] => ({ kind: 'local', path });
const s3 = (bucket: string, key: string): Channel['source'] => ({ kind: 's3', uri: { bucket, key } });

describe('a channel', () => {
  it.each<[string, Channel['source'], string, string]>([
    ['d=./x', local('./x'), 'FullyReplicated', 'File'],
    ['d = ./x ', local('./x'), 'FullyReplicated', 'File'],
    ['d=/abs/path', local('/abs/path'), 'FullyReplicated', 'File'],
    ['d=./x FullyReplicated', local('./x'), 'FullyReplicated', 'File'],
    ['d=./x ShardedByS3Key', local('./x'), 'ShardedByS3Key', 'File'],
    ['d=./x Pipe', local('./x'), 'FullyReplicated', 'Pipe'],
    ['d=./x FastFile ShardedByS3Key', local('./x'), 'ShardedByS3Key', 'FastFile'],
    ['d=./x ShardedByS3Key   FastFile', local('./x'), 'ShardedByS3Key', 'FastFile'],
    ['d=./x\tShardedByS3Key\tPipe', local('./x'), 'ShardedByS3Key', 'Pipe'],
    ['d=./my  data', local('./my  data'), 'FullyReplicated', 'File'],
    ['d=./File', local('./File'), 'FullyReplicated', 'File'],
    ['d=./a File/b', local('./a File/b'), 'FullyReplicated', 'File'],
    ['d=File File', local('File'), 'FullyReplicated', 'File'],
    ['d=Pipe', local('Pipe'), 'FullyReplicated', 'File'],
    ['d=./FastFile FastFile', local('./FastFile'), 'FullyReplicated', 'FastFile'],
    ['d=./x fastfile', local('./x fastfile'), 'FullyReplicated', 'File'],
    ['d=./a=b', local('./a=b'), 'FullyReplicated', 'File'],
    ['d=./ü 日本', local('./ü 日本'), 'FullyReplicated', 'File'],
    ['d=s3://bucket', s3('bucket', ''), 'FullyReplicated', 'File'],
    ['d=s3://bucket/', s3('bucket', ''), 'FullyReplicated', 'File'],
    ['d=s3://bucket/a/b.json Pipe', s3('bucket', 'a/b.json'), 'FullyReplicated', 'Pipe'],
    ['d=s3://bucket/a b/ü ShardedByS3Key', s3('bucket', 'a b/ü'), 'ShardedByS3Key', 'File'],
    ['d=S3://bucket/a', local('S3://bucket/a'), 'FullyReplicated', 'File'],
    ['{"d": "./x Pipe"}', local('./x'), 'FullyReplicated', 'Pipe'],
  ])('%j', (text, source, distribution, mode) => {
    expect(parseChannels(text)).toEqual({ channels: [{ name: 'd', source, distribution, mode }], mistakes: [] });
  });

  it.each(['a', 'A-b_c.9', '-', '_', '1', 'x'.repeat(64), '.hidden', '__proto__'])('may be named %s', (name) => {
    const { channels, mistakes } = parseChannels(`${name}=./x`);
    expect([channels.map((channel) => channel.name), mistakes]).toEqual([[name], []]);
  });

  it.each<[string, RegExp]>([
    ['d', /is not of the form key=value/],
    ['=./x', /is not of the form key=value/],
    ['a b=./x', /is not of the form key=value/],
    ['{"a b": "./x"}', /not a valid channel name/],
    ['a/b=./x', /not a valid channel name/],
    ['ü=./x', /not a valid channel name/],
    ['.=./x', /not a valid channel name/],
    ['..=./x', /not a valid channel name/],
    [`${'x'.repeat(65)}=./x`, /not a valid channel name/],
    ['ssm_code=./x', /reserved for the channel with the code/],
    ['d=', /source of "d" is empty/],
    ['d=   ', /source of "d" is empty/],
    ['{"d": ""}', /source of "d" is empty/],
    ['d=./x File Pipe ShardedByS3Key', /has the options File and Pipe/],
    ['{"d": 1}', /not a string/],
    ['{"d": null}', /not a string/],
    ['{"d": ', /not valid JSON/],
    ['{"d": "./x", "d": "./y"}', /"d" is set twice/],
    [`d=s3://bucket/${'x'.repeat(1013)}`, /1025 characters, and SageMaker allows at most 1024/],
    ['d=s3://', /not a valid S3 URI/],
    ['d=s3:///key', /not a valid S3 URI/],
    ['d=s3://UPPER/x', /not a valid S3 URI/],
    ['d=s3://ab/x', /not a valid S3 URI/],
    ['d=s3://-ab/x', /not a valid S3 URI/],
    ['d=s3://a_b/x', /not a valid S3 URI/],
    [`d=s3://${'a'.repeat(64)}/x`, /not a valid S3 URI/],
    ['d=task:other', /does not name a result/],
    ['d=task:other/weights', /does not name a result/],
    ['d=task:other/model/sub', /does not name a result/],
    ['d=task:other/state/../x', /does not name a result/],
    ['d=task:/model', /does not name a task.*masked/s],
    ['d=job:/model', /does not name a job.*masked/s],
    ['d=job:a b/model', /is not a valid job name/],
    ['d=task:-a/model', /is not a valid task name/],
    ['d=./x File Pipe', /File and Pipe/],
    ['d=./x File File', /File and File/],
    ['d=./x ShardedByS3Key FullyReplicated', /ShardedByS3Key and FullyReplicated/],
  ])('%j is refused', (text, what) => {
    const { channels, mistakes } = parseChannels(text);
    expect(channels).toEqual([]);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]?.input).toBe('inputs');
    expect(`${mistakes[0]?.problem} ${mistakes[0]?.remedy}`).toMatch(what);
  });
});

describe('channels', () => {
  const lines = (count: number): string => Array.from({ length: count }, (_, at) => `c${at}=./x`).join('\n');
  it('may be none', () => {
    expect(parseChannels('')).toEqual({ channels: [], mistakes: [] });
    expect(parseChannels('# a=./x\n\n')).toEqual({ channels: [], mistakes: [] });
    expect(parseChannels('{}')).toEqual({ channels: [], mistakes: [] });
  });
  it('keep their order', () => {
    expect(parseChannels('b=./x\n# no\n\na=./y\r\nc=./z').channels.map(({ name }) => name)).toEqual(['b', 'a', 'c']);
  });
  it('are nineteen at the most', () => {
    expect(parseChannels(lines(19)).mistakes).toEqual([]);
    expect(parseChannels(lines(20)).mistakes.map(({ problem }) => problem)).toEqual([
      'there are 20 channels, and a job can have at most 19',
    ]);
  });
  it('tell each mistake, and do not stop at the first', () => {
    const { channels, mistakes } = parseChannels('a=\nb b=./x\nc=./x\nc=./y\nd=s3://X/\nssm_code=./z\ne=./e');
    expect(channels.map(({ name }) => name)).toEqual(['c', 'e']);
    expect(mistakes).toHaveLength(5);
    expect(mistakes.every(({ problem, remedy }) => !/[.:]$/.test(problem) && /^[a-z].*\.$/.test(remedy))).toBe(true);
  });
  it.each<[string, RegExp]>([
    ['train=./x\nTrain=./y', /"train" and "Train" would both get the variable SM_CHANNEL_TRAIN/],
    ['a=./x\nb=./y\nA=./z', /"a" and "A" would both get the variable SM_CHANNEL_A/],
    ['d=./x Pipe\nd_0=./y', /"d" and "d_0" collide/],
    ['d_12=./y\nd=./x Pipe', /"d_12" and "d" collide/],
  ])('that meet on the worker are a mistake: %j', (text, problem) => {
    const { mistakes } = parseChannels(text);
    expect(mistakes.map((mistake) => mistake.input)).toEqual(['inputs']);
    expect(mistakes[0]?.problem).toMatch(problem);
  });
  it.each(['d=./x\nd_0=./y', 'd=./x Pipe\nd_0x=./y', 'd=./x Pipe\nd_=./y', 'd=./x Pipe\nd0=./y', 'a-b=./x\na_b=./y'])(
    'that do not are fine: %j',
    (text) => {
      expect(parseChannels(text).mistakes).toEqual([]);
    },
  );
  it('tell a name that is there twice', () => {
    expect(parseChannels('a=./x\na=./y').mistakes.map(({ problem }) => problem)).toEqual([
      'two channels are named "a"',
    ]);
  });
});

describe('an S3 URI', () => {
  it.each(['s3://bucket/', 's3://bucket/a', 's3://bucket/a/', 's3://b-1.c/a//b c?#%ü', 's3://bucket/a\nb'])(
    '%j',
    (text) => {
      expect(formatS3Uri(parseS3Uri(text))).toBe(text);
    },
  );
});

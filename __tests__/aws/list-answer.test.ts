/** S3's answer to ListObjectsV2, in the forms that S3 and its like write it. What is anything else is left to the SDK. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { readListAnswer } from '../../src/aws/list-answer.ts';

const read = (text: string) => readListAnswer(Buffer.from(text));
const object = (key: string, etag = '&quot;e&quot;', size: string | number = 1): string =>
  `<Contents><Key>${key}</Key><LastModified>2026-11-30T16:06:55.000Z</LastModified><ETag>${etag}</ETag>` +
  `<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA256</ChecksumAlgorithm><Size>${size}</Size>` +
  '<Owner><ID>1</ID><DisplayName>x</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>';
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const answer = (content: string, head = HEAD): string =>
  `${head}<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</ListBucketResult>`;
const URL = '<EncodingType>url</EncodingType>';
const NO_MORE = '<IsTruncated>false</IsTruncated>';
const MORE = '<IsTruncated>true</IsTruncated><NextContinuationToken>1/a+b==</NextContinuationToken>';
const one = { key: 'a', size: 1, etag: '"e"' };

describe('an answer', () => {
  it.each<[string, string, string[], string | undefined]>([
    ['of no objects', answer(`<Prefix>p/</Prefix><KeyCount>0</KeyCount>${NO_MORE}`), [], undefined],
    ['without a count', answer(NO_MORE + object('a')), ['a'], undefined],
    ['without the XML declaration', answer(NO_MORE + object('a'), ''), ['a'], undefined],
    ['with more to come', answer(`<KeyCount>2</KeyCount>${MORE}${object('a')}${object('b')}`), ['a', 'b'], '1/a+b=='],
    ['that says how many after the objects', answer(`${object('a')}${MORE}<KeyCount>1</KeyCount>`), ['a'], '1/a+b=='],
    ['on several lines', answer(`\n  ${NO_MORE}\n  ${object('a').replaceAll('><', '>\n    <')}\n`), ['a'], undefined],
    ['with encoded keys', answer(`${URL}${NO_MORE}${object('a%20b%2Bc+d%C3%BC%26/%00')}`), ['a b+c dü&/\0'], undefined],
    ['that says after them how keys are encoded', answer(`${NO_MORE}${object('a+b%2B')}${URL}`), ['a b+'], undefined],
    [
      'with keys as they are',
      answer(`<EncodingType></EncodingType>${NO_MORE}${object('a+b%20ü深')}`),
      ['a+b%20ü深'],
      undefined,
    ],
    [
      'with escaped keys',
      answer(NO_MORE + object('&lt;&amp;amp;&gt;&apos;&#252;&#xFc;&#x1F600;')),
      ["<&amp;>'üü\u{1f600}"],
      undefined,
    ],
    ['with a key that looks like a number', answer(NO_MORE + object('1')), ['1'], undefined],
    ['with an escaped token', answer(MORE.replace('a+b', 'a&amp;b') + object('a')), ['a'], '1/a&b=='],
  ])('%s is read', (_what, text, keys, nextToken) => {
    const found = read(text);
    expect(found?.objects.map(({ key }) => key)).toEqual(keys);
    expect(found?.nextToken).toBe(nextToken);
  });

  it.each([
    ['&quot;abc-2&quot;', '"abc-2"'],
    ['&#34;abc&#34;', '"abc"'],
    ['"abc"', '"abc"'],
    ['abc', 'abc'],
    ['&amp;quot;', '&quot;'],
  ])('with the ETag %s has %s', (written, etag) => {
    expect(read(answer(NO_MORE + object('a', written)))?.objects).toEqual([{ ...one, etag }]);
  });

  it('has the sizes of the largest objects', () => {
    expect(read(answer(NO_MORE + object('a', undefined, '53687091200000')))?.objects[0]?.size).toBe(53_687_091_200_000);
  });

  const whole = answer(`<KeyCount>1</KeyCount>${NO_MORE}${object('a')}`);
  it.each<[string, string]>([
    ['nothing', ''],
    ['another document', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    ['an error of a proxy', '<!DOCTYPE html><html><body>ListBucketResult</body></html>'],
    ['an answer that is cut off', whole.slice(0, -30)],
    ['an answer that is cut off within an object', whole.slice(0, whole.indexOf('<Size>'))],
    ['an answer with more after it', `${whole}<ListBucketResult></ListBucketResult>x`],
    ['fewer objects than counted', answer(`<KeyCount>2</KeyCount>${NO_MORE}${object('a')}`)],
    ['more objects than counted', answer(`<KeyCount>0</KeyCount>${NO_MORE}${object('a')}`)],
    [
      'folders, which are counted too',
      answer(`<KeyCount>2</KeyCount>${NO_MORE}${object('a')}<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>`),
    ],
    ['more to come, but no token', answer(`<IsTruncated>true</IsTruncated>${object('a')}`)],
    ['a comment', answer(`${NO_MORE}<!-- <Contents> -->${object('a')}`)],
    ['a CDATA section', answer(NO_MORE + object('<![CDATA[a]]>'))],
    ['an object without a key', answer(NO_MORE + object('a').replace('<Key>a</Key>', ''))],
    ['an object with two keys', answer(NO_MORE + object('a</Key><Key>b'))],
    ['an object without a size', answer(NO_MORE + object('a').replace('<Size>1</Size>', ''))],
    ['an object without an ETag', answer(NO_MORE + object('a').replace(/<ETag>.*<\/ETag>/, ''))],
    ['a size that is none', answer(NO_MORE + object('a', 'e', '1e3'))],
    ['a negative size', answer(NO_MORE + object('a', 'e', -1))],
    ['a key with an element in it', answer(NO_MORE + object('a<b></b>'))],
    ['an unknown entity', answer(NO_MORE + object('a&nbsp;b'))],
    ['an ampersand', answer(NO_MORE + object('a&b'))],
    ['a character that does not exist', answer(NO_MORE + object('&#x110000;'))],
    ['a key with a wrong code', answer(URL + NO_MORE + object('a%2'))],
    ['a key with a code that is not UTF-8', answer(URL + NO_MORE + object('%ff'))],
    ['objects in each other', answer(NO_MORE + object(object('a')))],
  ])('is not read: %s', (_what, text) => {
    expect(read(text)).toBeUndefined();
  });

  it('is not kept in memory by what was read of it', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const objects = Array.from({ length: 1_000 }, (_, at) => object(`${'k'.repeat(900)}${at}`));
    const text = answer(`${MORE}${objects.join('')}`);
    const heap = (): number => {
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = heap();
    const kept = Array.from({ length: 50 }, (_, page) => read(text)?.objects[page]);
    expect(heap() - before).toBeLessThan(25 * text.length);
    expect(kept.every((each) => each?.etag === '"e"')).toBe(true);
  });
});

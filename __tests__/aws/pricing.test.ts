/** The question for a price: where it is asked, and what becomes of each answer. The prices are invented. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from '../../src/aws/connection.ts';
import { priceListRegion } from '../../src/aws/price-list.ts';
import { askPrice } from '../../src/aws/pricing.ts';
import { findPrice } from '../../src/money/find-price.ts';
import { Network } from '../../src/network/network.ts';

const TYPE = 'ml.m5.large';
const signal = new AbortController().signal;
let server: Server | undefined;
let asked: { readonly body: Record<string, unknown>; readonly scope: string }[] = [];

afterEach(() => {
  delete process.env['AWS_ENDPOINT_URL'];
  server?.closeAllConnections();
  server?.close();
  asked = [];
});

/** A connection to a server that answers each request with this, or, if `answers` is false, with nothing. */
async function answering(status: number, body: string, region = 'eu-west-1', answers = true): Promise<Connection> {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [, scope = ''] = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
      asked.push({ body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>, scope });
      if (answers) response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
  return new Connection(region, 'test', async () => credentials, new Network({}));
}

const product = (usd: unknown, changes: Record<string, string> = {}, published = '2026-11-30T01:02:03Z'): string =>
  JSON.stringify({
    product: {
      sku: 'A',
      attributes: { regionCode: 'eu-west-1', locationType: 'AWS Region', usagetype: `EU-Train:${TYPE}`, ...changes },
    },
    serviceCode: 'AmazonSageMaker',
    terms: {
      OnDemand: { 'A.B': { priceDimensions: { 'A.B.C': { unit: 'Hrs', pricePerUnit: { USD: usd } } } } },
    },
    version: '20261130010203',
    publicationDate: published,
  });
const listing = (...PriceList: string[]): string => JSON.stringify({ FormatVersion: 'aws_v1', PriceList });

describe('the price list', () => {
  it.each([
    ['us-east-1', 'us-east-1'],
    ['ca-central-1', 'us-east-1'],
    ['sa-east-1', 'us-east-1'],
    ['mx-central-1', 'us-east-1'],
    ['eu-west-3', 'eu-central-1'],
    ['me-south-1', 'eu-central-1'],
    ['af-south-1', 'eu-central-1'],
    ['il-central-1', 'eu-central-1'],
    ['ap-northeast-1', 'ap-south-1'],
    ['cn-north-1', undefined],
    ['us-gov-west-1', undefined],
    ['us-iso-east-1', undefined],
    ['eusc-de-east-1', undefined],
  ])('of %s is asked in %s', (region, expected) => expect(priceListRegion(region)).toBe(expected));

  it('is asked once, for one type in the region of the job', async () => {
    const aws = await answering(200, listing(product('0.2500000000')));
    expect(await askPrice(aws, TYPE, signal)).toEqual({ hourlyUsd: 0.25, published: '2026-11-30' });
    expect(asked).toEqual([
      {
        scope: 'eu-central-1',
        body: {
          ServiceCode: 'AmazonSageMaker',
          FormatVersion: 'aws_v1',
          MaxResults: 100,
          Filters: [
            { Type: 'TERM_MATCH', Field: 'regionCode', Value: 'eu-west-1' },
            { Type: 'TERM_MATCH', Field: 'component', Value: 'Training' },
            { Type: 'TERM_MATCH', Field: 'instanceName', Value: TYPE },
          ],
        },
      },
    ]);
  });

  it.each<[string, string, object | undefined]>([
    ['nothing', listing(), undefined],
    ['no list', '{}', undefined],
    ['another use', listing(product('1', { usagetype: `EU-TrSpt:${TYPE}` })), undefined],
    ['another type', listing(product('1', { usagetype: 'EU-Train:ml.m5.xlarge' })), undefined],
    ['another region', listing(product('1', { regionCode: 'us-east-1' })), undefined],
    ['no price in USD', listing(product(undefined)), undefined],
    ['two prices, of which the highest counts', listing(product('1'), product('2')), { hourlyUsd: 2 }],
    ['no date', listing(product('1', {}, 'soon')), { hourlyUsd: 1, published: 'no date' }],
    ['no JSON', listing('{'), { why: expect.stringContaining("AWS's price list did not answer: ") }],
  ])('may answer %s', async (_what, body, expected) => {
    const answer = await askPrice(await answering(200, body), TYPE, signal);
    if (expected === undefined) expect(answer).toBeUndefined();
    else expect(answer).toMatchObject(expected);
  });

  it('may refuse, and then is not asked again', async () => {
    const refusal = JSON.stringify({ __type: 'AccessDeniedException', Message: 'User: u may not pricing:GetProducts' });
    const aws = await answering(400, refusal, 'us-east-1');
    expect(await findPrice({ aws, signal }, TYPE)).toMatchObject({
      pricesOf: expect.stringContaining('price list of'),
    });
    expect(await findPrice({ aws, signal }, 'ml.none.large')).toEqual({
      why: "the table of this version has no price of a training instance ml.none.large in us-east-1, and AWS's price list did not answer: User: u may not pricing:GetProducts",
      remedy: 'allow pricing:GetProducts to the credentials of the step (docs/money.md)',
    });
    expect(asked).toHaveLength(1);
  });

  it('may be too slow', { timeout: 60_000 }, async () => {
    const aws = await answering(200, '', 'eu-west-1', false);
    expect(await askPrice(aws, TYPE, signal)).toEqual({
      why: "AWS's price list did not answer within 5 seconds",
    });
  });

  it('may be out of reach', async () => {
    const aws = await answering(200, '');
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    expect(await askPrice(aws, TYPE, signal)).toEqual({ why: expect.stringContaining('did not answer') });
  });

  it('is not asked where its prices are not in USD', async () => {
    const aws = await answering(200, listing(), 'cn-north-1');
    expect(await findPrice({ aws, signal }, TYPE)).toEqual({
      why: `the table of this version has no price of a training instance ${TYPE} in cn-north-1, and AWS's price list cannot be asked for prices in cn-north-1`,
    });
    expect(asked).toEqual([]);
  });

  it('says of a type that it does not have that there is no price, though the table has one', async () => {
    const aws = await answering(200, listing(), 'us-east-1');
    for (const _ of [1, 2])
      expect(await findPrice({ aws, signal }, TYPE)).toEqual({
        why: `AWS's price list has no price of a training instance ${TYPE} in us-east-1`,
        remedy: 'use another "instance-type"',
      });
    expect(asked).toHaveLength(1);
  });

  it('is left with the step', async () => {
    const aws = await answering(200, listing());
    await expect(askPrice(aws, TYPE, AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
  });
});

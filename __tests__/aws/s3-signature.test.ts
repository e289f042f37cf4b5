import { describe, expect, it } from 'vitest';
import { Signatures, type SignedRequest } from '../../src/aws/s3-signature.ts';

/** Of the documentation: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const AT = new Date('2013-05-24T00:00:00Z');
const SCOPE = { region: 'us-east-1', service: 's3' };
const request = (more: Partial<SignedRequest> = {}): SignedRequest => {
  return { method: 'GET', path: '/', query: '', headers: { host: 'examplebucket.s3.amazonaws.com' }, ...more };
};
const signatureOf = ({ authorization = '' }: Record<string, string>): string =>
  authorization.split('Signature=')[1] ?? '';

describe('a signature', () => {
  it.each([
    ['lifecycle=', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    ['max-keys=2&prefix=J', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  ])("is that of the documentation's example: %s", (query, signature) => {
    const { authorization } = new Signatures(SCOPE).sign(request({ query }), KEYS, AT);
    expect(authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
    );
  });

  it('is of the credentials and the day, not of those before', () => {
    const signatures = new Signatures(SCOPE);
    const others = { ...KEYS, secretAccessKey: 'another' };
    const tomorrow = new Date('2013-05-25T00:00:00Z');
    const turns = [
      [KEYS, AT],
      [others, AT],
      [others, tomorrow],
      [KEYS, tomorrow],
      [KEYS, AT],
    ] as const;
    for (const [keys, at] of turns) {
      const alone = new Signatures(SCOPE).sign(request(), keys, at);
      expect(signatures.sign(request(), keys, at)).toEqual(alone);
    }
    const all = [KEYS, others].map((keys) => signatureOf(signatures.sign(request(), keys, AT)));
    expect(new Set(all).size).toBe(2);
  });

  it.each<[string, Partial<SignedRequest>]>([
    ['the method', { method: 'PUT' }],
    ['the path', { path: '/a' }],
    ['the query', { query: 'a=b' }],
    ['the host', { headers: { host: 'other.s3.amazonaws.com' } }],
    ['the hash of the body', { headers: { ...request().headers, 'x-amz-content-sha256': 'f'.repeat(64) } }],
    ["a header of AWS's", { headers: { ...request().headers, 'x-amz-expected-bucket-owner': '1' } }],
    ['the type', { headers: { ...request().headers, 'content-type': 'text/plain' } }],
  ])('is of %s', (_what, more) => {
    const sign = (asked: SignedRequest) => signatureOf(new Signatures(SCOPE).sign(asked, KEYS, AT));
    expect(sign(request(more))).not.toBe(sign(request()));
  });

  it('is not of what is changed on the way', () => {
    const headers = { ...request().headers, 'user-agent': 'x', connection: 'close', 'accept-encoding': 'gzip' };
    const { authorization, ...sent } = new Signatures(SCOPE).sign(request({ headers }), KEYS, AT);
    expect(authorization).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date,');
    expect(sent).toMatchObject(headers);
  });

  it('holds for a session', () => {
    const session = { ...KEYS, sessionToken: 'token' };
    const signed = new Signatures(SCOPE).sign(request(), session, AT);
    expect(signed['x-amz-security-token']).toBe('token');
    expect(signed['authorization']).toContain(';x-amz-date;x-amz-security-token,');
  });
});

/** Writes many small objects: at most one request each, and little work for it. */

import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import type { Connection } from './connection.ts';
import { s3 } from './s3-client.ts';
import { type DirectRequests, directRequests } from './s3-direct.ts';
import { encodeKey } from './s3-key.ts';
import { putObject } from './s3-objects.ts';

/** After so many requests in a row that failed, the SDK sends the others: it waits between its attempts. */
const MOST_FAILURES = 8;

/** An object's content, and its SHA-256 in hexadecimal digits. */
export interface Content {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

export class SmallObjects {
  readonly #aws: Connection;
  readonly #bucket: Bucket;
  #asked: Promise<Requests | undefined> | undefined;
  #failures = 0;

  constructor(aws: Connection, bucket: Bucket) {
    this.#aws = aws;
    this.#bucket = bucket;
  }

  /** Writes an object and returns its ETag. S3 refuses it if it gets other bytes than those of the hash. */
  async put(key: string, content: Content, signal: AbortSignal): Promise<string> {
    const etag = this.#failures < MOST_FAILURES ? await this.#putDirectly(key, content, signal) : undefined;
    return etag ?? putObject(this.#aws, this.#bucket, key, content.bytes, signal);
  }

  /** Undefined if the object was not written. */
  async #putDirectly(key: string, { bytes, sha256 }: Content, signal: AbortSignal): Promise<string | undefined> {
    this.#asked ??= requests(this.#aws, this.#bucket, key);
    const asked = await this.#asked;
    if (asked === undefined) return undefined;
    try {
      const headers = {
        'content-length': String(bytes.length),
        'x-amz-content-sha256': sha256,
        'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
      };
      const answer = await asked.send({ path: asked.path(key), headers, body: bytes }, signal);
      if (answer.status === 200 && answer.headers.etag !== undefined) {
        this.#failures = 0;
        return answer.headers.etag;
      }
    } catch {
      signal.throwIfAborted();
    }
    this.#failures += 1;
    return undefined;
  }
}

type Requests = Pick<DirectRequests, 'send'> & { readonly path: (key: string) => string };

/** How objects are written by requests like that of this key. */
async function requests(aws: Connection, bucket: Bucket, key: string): Promise<Requests | undefined> {
  const object = { Bucket: bucket.name, Key: key, Body: '', ExpectedBucketOwner: bucket.owner };
  const direct = await directRequests(s3(aws), new PutObjectCommand({ ...object, ChecksumAlgorithm: 'SHA256' }));
  const encoded = encodeKey(key);
  if (direct?.model.path.endsWith(`/${encoded}`) !== true) return undefined;
  const folder = direct.model.path.slice(0, -encoded.length);
  return { send: direct.send, path: (other) => folder + encodeKey(other) };
}

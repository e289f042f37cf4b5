/**
 * Reads the pages of a listing. S3 returns 1,000 objects for each call, and a call needs the token of the previous one:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
import { ListObjectsV2Command, type ListObjectsV2CommandInput } from '@aws-sdk/client-s3';
import type { RemoteFile } from '../core/s3-object.ts';
import type { Connection } from './connection.ts';
import { readListAnswer } from './list-answer.ts';
import { s3 } from './s3-client.ts';
import { type DirectRequests, directRequests } from './s3-direct.ts';
import { keyDecoder } from './s3-key.ts';

/** How many objects a page has, if there are so many. */
export const PAGE = 1000;

/** A page of a listing. Paths and folders are relative to the prefix. */
export interface Page {
  readonly files: readonly RemoteFile[];
  /** The folders directly in the prefix, if they were asked for. */
  readonly folders: readonly string[];
  /** Undefined: it is the last page. */
  readonly next: string | undefined;
}

/** Where a page begins. */
export type PageStart =
  | { readonly kind: 'first' }
  /** After this path. */
  | { readonly kind: 'after'; readonly path: string }
  /** After the page that had this as its `next`. */
  | { readonly kind: 'next'; readonly token: string };

/** `owner`: the account that must own the bucket; undefined: any. */
export interface ListedBucket {
  readonly name: string;
  readonly owner: string | undefined;
}

/** The listing of what has a prefix. */
export class Pages {
  readonly #aws: Connection;
  readonly #prefix: string;
  readonly #request: ListObjectsV2CommandInput;
  #direct: Promise<DirectRequests | undefined> | undefined;

  /** `delimiter`: lists the folders directly in the prefix instead of what is in them. */
  constructor(aws: Connection, { name, owner }: ListedBucket, prefix: string, delimiter?: '/') {
    this.#aws = aws;
    this.#prefix = prefix;
    this.#request = {
      ...{ Bucket: name, ExpectedBucketOwner: owner, Prefix: prefix, EncodingType: 'url' },
      ...(delimiter && { Delimiter: delimiter }),
    };
  }

  /** `isOneOfMany`: reads the page without the SDK's parser of XML, which takes longer than all else. */
  async page(start: PageStart, isOneOfMany: boolean, signal: AbortSignal): Promise<Page> {
    const direct =
      isOneOfMany && this.#request.Delimiter === undefined ? await this.#readDirectly(start, signal) : undefined;
    return direct ?? this.#read(start, signal);
  }

  /** The pages, one after another. */
  async *all(signal: AbortSignal, start: PageStart = { kind: 'first' }): AsyncGenerator<Page> {
    let page = await this.page(start, start.kind !== 'first', signal);
    yield page;
    while (page.next !== undefined) {
      page = await this.page({ kind: 'next', token: page.next }, true, signal);
      yield page;
    }
  }

  async #read(start: PageStart, signal: AbortSignal): Promise<Page> {
    const command = new ListObjectsV2Command({
      ...this.#request,
      ...(start.kind === 'after' && { StartAfter: this.#prefix + start.path }),
      ...(start.kind === 'next' && { ContinuationToken: start.token }),
    });
    const page = await s3(this.#aws).send(command, { abortSignal: signal });
    const decode = keyDecoder(page.EncodingType);
    return {
      files: (page.Contents ?? []).map(({ Key = '', Size = 0, ETag = '' }) => {
        return { path: decode(Key).slice(this.#prefix.length), size: Size, etag: ETag };
      }),
      folders: (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => decode(Prefix).slice(this.#prefix.length, -1)),
      next: page.NextContinuationToken,
    };
  }

  /** Undefined if the answer is not the expected one. */
  async #readDirectly(start: PageStart, signal: AbortSignal): Promise<Page | undefined> {
    this.#direct ??= directRequests(s3(this.#aws), new ListObjectsV2Command(this.#request));
    const direct = await this.#direct;
    if (direct === undefined) return undefined;
    const query = {
      ...(start.kind === 'after' && { 'start-after': this.#prefix + start.path }),
      ...(start.kind === 'next' && { 'continuation-token': start.token }),
    };
    try {
      const { status, body } = await direct.send({ query }, signal);
      const answer = status === 200 ? readListAnswer(body) : undefined;
      const files = answer?.objects.map(({ key, ...object }) => ({ path: key.slice(this.#prefix.length), ...object }));
      return files && { files, folders: [], next: answer?.nextToken };
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }
}

/**
 * AWS for the bench: the stand-in for its APIs, an S3 server for the objects, and both once more from a distance. Clients
 * send to S3 directly; the stand-in's jobs read and write the same objects.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Tools } from '../tools.ts';
import { type Distance, startDistance } from './distance.ts';
import { ACCOUNT, type S3Server, SECRET, startS3Server } from './s3-server.ts';
import { type Request, type StandIn, startStandIn } from './stand-in.ts';

export const REGION = 'us-east-1';
export const BUCKET = `sagemaker-${REGION}-${ACCOUNT}`;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/BenchRole`;
const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

/** Where clients find AWS. */
export interface Place {
  /** Milliseconds that each answer takes longer. */
  readonly latency: number;
  readonly api: string;
  readonly s3: string;
  /** The stand-in's proxy, for clients that name AWS's hosts themselves. */
  readonly proxy: string;
}

/** The variables of a client's SDK. */
export type Variables = Readonly<Record<string, string>>;

export class Aws {
  readonly #standIn: StandIn;
  readonly #s3: S3Server | undefined;
  readonly #distance: Distance | undefined;
  readonly #places = new Map<number, Place>();

  private constructor(standIn: StandIn, s3: S3Server | undefined, distance: Distance | undefined) {
    this.#standIn = standIn;
    this.#s3 = s3;
    this.#distance = distance;
  }

  /** With a bucket and a role. What `tools` lacks is done without: the stand-in keeps objects too. */
  static async start(tools: Tools, folder: string): Promise<Aws> {
    const s3 = tools.versitygw === undefined ? undefined : await startS3Server(tools.versitygw, folder);
    const distance = tools.toxiproxy === undefined ? undefined : await startDistance(tools.toxiproxy);
    const aws = new Aws(await startStandIn(tools.python, folder, s3?.url), s3, distance);
    await new S3Client({ ...aws.client(), forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: BUCKET }));
    const iam = new IAMClient(aws.client());
    const [, RoleName] = ROLE.split('/');
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(TRUST) }));
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess';
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    await aws.runJobs(false);
    return aws;
  }

  /** On this machine. */
  get here(): Place {
    const { url, tls } = this.#standIn;
    return { latency: 0, api: url, s3: this.#s3?.url ?? url, proxy: tls.proxy };
  }

  /** Undefined where there is nothing that holds answers back. */
  async place(latency: number): Promise<Place | undefined> {
    if (latency === 0) return this.here;
    const known = this.#places.get(latency);
    if (known !== undefined || this.#distance === undefined) return known;
    const { api, s3, proxy } = this.here;
    const [farApi = '', farS3 = '', farProxy = ''] = await Promise.all(
      [api, s3, proxy].map((url) => this.#distance?.to(url, latency)),
    );
    const place = { latency, api: farApi, s3: farS3, proxy: farProxy };
    this.#places.set(latency, place);
    return place;
  }

  /** `logged`: S3 through the stand-in, so that its log has all requests in their order. */
  variables({ api, s3 }: Place, logged = false): Variables {
    return {
      AWS_ENDPOINT_URL: api,
      AWS_ENDPOINT_URL_S3: logged ? api : s3,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: SECRET,
    };
  }

  /** Further variables for clients that name AWS's hosts themselves, as the SageMaker Python SDKs do that of STS. */
  proxyVariables({ proxy }: Place): Variables {
    const { bundle } = this.#standIn.tls;
    return { HTTPS_PROXY: proxy, NO_PROXY: '127.0.0.1', AWS_CA_BUNDLE: bundle, REQUESTS_CA_BUNDLE: bundle };
  }

  /** The configuration of an SDK's client of the bench itself. */
  client() {
    return {
      region: REGION,
      endpoint: this.#standIn.url,
      credentials: { accessKeyId: ACCOUNT, secretAccessKey: SECRET },
    };
  }

  /** Whether jobs get instances. Without, they wait for them, and use no processor. */
  async runJobs(run: boolean): Promise<void> {
    await this.#standIn.runJobs(run);
  }

  async forgetRequests(): Promise<void> {
    await this.#standIn.forget();
    this.#s3?.forget();
  }

  /** Those of clients since the last `forgetRequests`, without what went to the S3 server directly. */
  requests(): Request[] {
    return this.#standIn.requests();
  }

  countRequests(): number {
    return this.requests().length + (this.#s3?.requests() ?? 0);
  }

  /** Makes room on the disk: removes the objects below a folder of the bucket. */
  removeObjects(folder: string): void {
    if (this.#s3 !== undefined) rmSync(join(this.#s3.objects, BUCKET, folder), { recursive: true, force: true });
  }

  /** How many objects are below a folder of the bucket; one for the key of an object. Undefined where the stand-in has them. */
  countObjects(folder: string): number | undefined {
    if (this.#s3 === undefined) return undefined;
    const path = join(this.#s3.objects, BUCKET, folder);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return existsSync(path) ? 1 : 0;
    return readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  }

  removeAllObjects(): void {
    if (this.#s3 === undefined) return;
    // What begins with a dot is the server's own.
    const names = readdirSync(join(this.#s3.objects, BUCKET)).filter((name) => !name.startsWith('.'));
    for (const name of names) this.removeObjects(name);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#standIn.stop(), this.#s3?.stop(), this.#distance?.stop()]);
  }
}

/**
 * The S3 client. Every object that it writes is encrypted with the connection's KMS key, if there is one, so no writer can
 * forget it. Without a key the bucket's default encryption counts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
 */
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { ActionError } from '../core/errors.ts';
import type { Connection } from './connection.ts';
import { isServiceError } from './service-errors.ts';

/**
 * A sync sends more files at the same time than the SDK's default of 50 sockets allows. Without the header `Expect` a part
 * of a file goes by a connection that is open already; with it the SDK opens one for each.
 */
const OPTIONS = { handler: { maxSockets: 128 }, followRegionRedirects: false, expectContinueHeader: false };

/** The operations that name an object's encryption. The parts of an upload have that of its CreateMultipartUpload. */
const ENCRYPTING: readonly unknown[] = ['PutObjectCommand', 'CreateMultipartUploadCommand', 'CopyObjectCommand'];
const WRITING: readonly unknown[] = [...ENCRYPTING, 'UploadPartCommand', 'CompleteMultipartUploadCommand'];

export function s3(aws: Connection): S3Client {
  return aws.client(EncryptingClient, aws.region, { ...OPTIONS, kmsKey: aws.kmsKey });
}

/** The parameters of a request that writes an object with this key. */
export function encryptedWith(kmsKey: string | undefined): {
  readonly ServerSideEncryption?: 'aws:kms';
  readonly SSEKMSKeyId?: string;
} {
  if (kmsKey === undefined) return {};
  // An ID is also accepted as key/ID, which S3 does not know.
  return { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey.replace(/^key\//, '') };
}

class EncryptingClient extends S3Client {
  constructor({ kmsKey, ...options }: S3ClientConfig & { readonly kmsKey: string | undefined }) {
    super(options);
    const encryption = encryptedWith(kmsKey);
    this.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const input = ENCRYPTING.includes(commandName) ? { ...encryption, ...args.input } : args.input;
          try {
            return await next({ ...args, input });
          } catch (error) {
            throw WRITING.includes(commandName) ? writeError(error, kmsKey) : error;
          }
        },
      { step: 'initialize', name: 'encryption' },
    );
  }
}

/**
 * Adds what to do if the bucket's policy or the key refused a write. The result is still a service's error for those who
 * classify it.
 */
function writeError(error: unknown, kmsKey: string | undefined): unknown {
  if (!isServiceError(error, 'AccessDenied', 'KMS.NotFoundException', 'KMS.DisabledException')) return error;
  const hint = writeHint(error.message, kmsKey);
  if (hint === undefined) return error;
  const [what, remedy] = hint;
  const { $fault, $metadata } = error as { $fault?: unknown; $metadata?: unknown };
  return Object.assign(new ActionError(`${what}: ${error.message}`, remedy, { cause: error }), { $fault, $metadata });
}

function writeHint(text: string, kmsKey: string | undefined): [what: string, remedy: string] | undefined {
  if (/explicit deny in a resource-based policy/.test(text)) {
    const key =
      kmsKey === undefined
        ? 'If it demands encryption with a KMS key, set "kms-key" to that key.'
        : `If it demands another key than "kms-key" (${kmsKey}), set "kms-key" to that one, by its ARN if the policy names an ARN.`;
    return [
      'The policy of the bucket denies this write',
      `${key} docs/s3.md lists the policies that the action meets.`,
    ];
  }
  if (!/\bkms:/i.test(text) && !/KMS/.test(text)) return undefined;
  return [
    'S3 cannot encrypt with the KMS key',
    'Check "kms-key", or else the key of the bucket\'s default encryption: the key must exist in the region of the bucket and ' +
      'be enabled. Allow kms:GenerateDataKey and kms:Decrypt on it to the credentials of the step.',
  ];
}

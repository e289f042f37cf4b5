/**
 * Trusts the authorities of AWS_CA_BUNDLE beside Node's own and those of NODE_EXTRA_CA_CERTS, which Node reads by itself.
 * https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
 */
import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { ActionError } from '../core/errors.ts';

const CERTIFICATE = /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----[\s\S]+?-----END \1?CERTIFICATE-----/g;

/** `path`: the value of AWS_CA_BUNDLE. Every TLS connection of the process is affected. Throws an ActionError. */
export function trustBundle(path: string): void {
  const certificates = readBundle(path).match(CERTIFICATE) ?? [];
  if (certificates.length === 0) {
    throw new ActionError(
      `AWS_CA_BUNDLE names the file ${path}, which contains no certificate in PEM format.`,
      'Write the certificates into it one after the other, each from "-----BEGIN CERTIFICATE-----" on. `openssl x509 -inform ' +
        'der -in FILE` converts one.',
    );
  }
  // Node 24.5 and later: https://nodejs.org/api/tls.html#tlssetdefaultcacertificatescerts
  if (typeof tls.setDefaultCACertificates !== 'function') {
    throw new ActionError(
      `AWS_CA_BUNDLE needs Node 24.5 or later, and this runner has ${process.version}.`,
      'Update the runner, or set NODE_EXTRA_CA_CERTS to the same path instead.',
    );
  }
  try {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...certificates]);
  } catch (error) {
    throw new ActionError(
      `AWS_CA_BUNDLE names the file ${path}, which contains a damaged certificate.`,
      'Save the certificates again. `openssl storeutl -certs FILE` shows which one is damaged.',
      { cause: error },
    );
  }
}

function readBundle(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ActionError(
      `AWS_CA_BUNDLE names the file ${path}, which cannot be read.`,
      'Set it to the path of a file with certificates (PEM) on the runner, or to nothing.',
      { cause: error },
    );
  }
}

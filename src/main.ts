/** The entry point of main and post: builds the parts; the only place that fails the step. */
import type { AwsCredentialIdentityProvider } from '@aws-sdk/types';
import { assumedRole } from './aws/session.ts';
import { cancelSignal } from './cancel.ts';
import { readContext, readInputs } from './github/inputs.ts';
import { maskSecrets, setFailed } from './github/log.ts';
import { oidcToken } from './github/oidc.ts';
import { isPost, markMain } from './github/state.ts';
import { post } from './post.ts';
import { run } from './run.ts';
import { describeError } from './task/errors.ts';
import { readSpec } from './task/read.ts';
import { Redactor, secretsOf } from './task/redact.ts';
import type { RoleToAssume } from './task/spec.ts';

async function main(): Promise<void> {
  markMain();
  const signal = cancelSignal();
  const context = readContext();
  const { spec, mistakes } = readSpec(readInputs(), context);
  const credentials = credentialsOf(spec.roleToAssume);
  await run({ spec, mistakes, context, redact, mask: keepSecret, credentials, signal });
}

/** Main has found the inputs to be right. */
async function afterwards(): Promise<void> {
  await post(credentialsOf(readSpec(readInputs(), readContext()).spec.roleToAssume));
}

function credentialsOf(role: RoleToAssume | undefined): AwsCredentialIdentityProvider | undefined {
  return role && assumedRole({ ...role, token: oidcToken, mask: keepSecret });
}

function keepSecret(secrets: readonly string[]): void {
  maskSecrets(secrets);
  redactor.add(secrets);
}

const redactor = new Redactor([]);
const { redact } = redactor;
keepSecret(secretsOf(process.env));
try {
  await (isPost() ? afterwards() : main());
} catch (error) {
  setFailed(redact(describeError(error)));
}

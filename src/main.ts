/** The entry point of main and post: builds the parts; the only place that fails the step. */
import { cancelSignal } from './cancel.ts';
import { readContext, readInputs } from './github/inputs.ts';
import { maskSecrets, setFailed } from './github/log.ts';
import { isPost, markMain } from './github/state.ts';
import { post } from './post.ts';
import { run } from './run.ts';
import { describeError } from './task/errors.ts';
import { redactor, secretsOf } from './task/redact.ts';
import { readSpec } from './task/spec.ts';

async function main(redact: (text: string) => string): Promise<void> {
  markMain();
  const signal = cancelSignal();
  const context = readContext();
  await run({ ...readSpec(readInputs(), context), context, redact, signal });
}

const secrets = secretsOf(process.env);
const redact = redactor(secrets);
maskSecrets(secrets);
try {
  await (isPost() ? post() : main(redact));
} catch (error) {
  setFailed(redact(describeError(error)));
}

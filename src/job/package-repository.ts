/**
 * The CodeArtifact repository from which pip on the worker installs, if a variable of the environment names one. AWS's
 * training toolkit reads the same variable (sagemaker-training 5.1, modules.py).
 */

import { InputProblem } from '../core/errors.ts';

const VARIABLE = 'CA_REPOSITORY_ARN';

export interface PackageRepository {
  readonly arn: string;
  /** ARN. The permission for a token is one on the domain. */
  readonly domain: string;
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodeartifact.html */
export function packageRepository(environment: ReadonlyMap<string, string>): PackageRepository | undefined {
  const arn = environment.get(VARIABLE);
  if (arn === undefined || arn === '') return undefined;
  const match = /^(arn:[\w-]+:codeartifact:[\w-]+:\d{12}):repository\/([\w.-]+)\/[\w.-]+$/.exec(arn);
  if (match === null) {
    throw new InputProblem(
      `the value of "${VARIABLE}" is not the ARN of a CodeArtifact repository`,
      'use arn:aws:codeartifact:REGION:ACCOUNT:repository/DOMAIN/REPOSITORY.',
    );
  }
  const [, place = '', domain = ''] = match;
  return { arn, domain: `${place}:domain/${domain}` };
}

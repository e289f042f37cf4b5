/**
 * Reads the variables that choose FIPS and dual-stack hosts. The SDK takes any other spelling of `true` than that one for
 * `false`, and AWS's other SDKs do not: https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
 */
import { ActionError } from '../core/errors.ts';

export interface EndpointVariants {
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
}

/** What is not set is left to the SDK, which reads AWS's configuration file, too. Throws an ActionError. */
export function endpointVariants(environment: Readonly<Record<string, string | undefined>>): EndpointVariants {
  const fips = read(environment, 'AWS_USE_FIPS_ENDPOINT');
  const dualStack = read(environment, 'AWS_USE_DUALSTACK_ENDPOINT');
  return {
    ...(fips !== undefined && { useFipsEndpoint: fips }),
    ...(dualStack !== undefined && { useDualstackEndpoint: dualStack }),
  };
}

function read(environment: Readonly<Record<string, string | undefined>>, name: string): boolean | undefined {
  const value = environment[name]?.trim().toLowerCase() ?? '';
  if (value === '') return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new ActionError(
    `${name} is "${environment[name]}", which is neither true nor false.`,
    `Set ${name} to true or false.`,
  );
}

/** Which processor an instance type has, as an image's platform. */

export type Platform = 'linux/amd64' | 'linux/arm64';

/** Of the training types only P6e-GB200 has an arm64 processor: https://aws.amazon.com/sagemaker/ai/pricing/ */
export function platformOf(instanceType: string): Platform {
  return /^ml\.p6e-gb200\./.test(instanceType) ? 'linux/arm64' : 'linux/amd64';
}

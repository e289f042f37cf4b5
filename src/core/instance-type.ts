/** Derives the hardware of an instance from the name of its type. */

export type ImagePlatform = 'linux/amd64' | 'linux/arm64';

/**
 * Of the instance types for training, only P6e-GB200 has an arm64 processor:
 * https://aws.amazon.com/sagemaker/ai/pricing/
 */
export function imagePlatformOf(instanceType: string): ImagePlatform {
  return /^ml\.p6e-gb200\./.test(instanceType) ? 'linux/arm64' : 'linux/amd64';
}

/** The kinds of processors that AWS builds images for. */
export type Processor = 'cpu' | 'gpu' | 'trn';

/**
 * The families g, gr and p with a generation have GPUs, the family trn has Trainium:
 * https://aws.amazon.com/sagemaker/ai/pricing/
 */
export function processorOf(instanceType: string): Processor {
  if (/^ml\.trn\d/.test(instanceType)) return 'trn';
  return /^ml\.(g|gr|p)\d/.test(instanceType) ? 'gpu' : 'cpu';
}

/**
 * Whether the instance has disks of its own. They are encrypted already, so SageMaker refuses a VolumeKmsKeyId:
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
 */
export function hasLocalStorage(instanceType: string): boolean {
  return /^ml\.(g[4-9]\w*|gr\d\w*|p3dn|p[4-9][\w-]*|trn\d\w*|[cmr]\d\w*d)\./.test(instanceType);
}

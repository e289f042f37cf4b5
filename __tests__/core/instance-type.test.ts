import { expect, it } from 'vitest';
import { imagePlatformOf } from '../../src/core/instance-type.ts';

it.each([
  ['ml.m5.large', 'linux/amd64'],
  ['ml.p6-b200.48xlarge', 'linux/amd64'],
  ['ml.p6e-gb200.36xlarge', 'linux/arm64'],
  ['ml.trn1.2xlarge', 'linux/amd64'],
])('%s takes images for %s', (instanceType, platform) => {
  expect(imagePlatformOf(instanceType)).toBe(platform);
});

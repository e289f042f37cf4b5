import { describe, expect, it } from 'vitest';
import { ECR_REPOSITORY, ecrReference, parseReference, repositoryName } from '../../src/core/image-reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('an image’s name', () => {
  it.each([
    ['python', 'docker.io', 'library/python', 'latest', undefined],
    ['python:3.12-slim', 'docker.io', 'library/python', '3.12-slim', undefined],
    ['docker.io/python', 'docker.io', 'library/python', 'latest', undefined],
    ['nvidia/cuda:12', 'docker.io', 'nvidia/cuda', '12', undefined],
    ['ghcr.io/a/b/c:v1', 'ghcr.io', 'a/b/c', 'v1', undefined],
    ['localhost/x', 'localhost', 'x', 'latest', undefined],
    ['127.0.0.1:5000/x:1', '127.0.0.1:5000', 'x', '1', undefined],
    [`registry:5000/any@${DIGEST}`, 'registry:5000', 'any', 'latest', DIGEST],
    [`a:1@${DIGEST}`, 'docker.io', 'library/a', '1', DIGEST],
  ])('%s', (image, registry, repository, tag, digest) => {
    expect(parseReference(image)).toEqual({ registry, repository, tag, digest });
  });

  it.each(['', 'A', 'a b', 'a:', ':a', 'a:b:c', 'a/', '-a', '--help', 'a@sha256:0', 'a/../b'])(
    '%j is not valid',
    (image) => {
      expect(parseReference(image)).toBeUndefined();
    },
  );
});

describe('ECR', () => {
  it.each([
    ['123456789012.dkr.ecr.us-east-1.amazonaws.com/a/b:1', 'us-east-1'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a:1', 'cn-north-1'],
    ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a', 'us-gov-west-1'],
    ['123456789012.dkr-ecr.eu-west-1.on.aws/a', 'eu-west-1'],
    [
      '123456789012.dkr-ecr-fips.us-east-2.on.aws/a@sha256:0000000000000000000000000000000000000000000000000000000000000000',
      'us-east-2',
    ],
    ['123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/a', 'cn-north-1'],
    ['123456789012.dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu/a', 'eusc-de-east-1'],
    ['123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov/a', 'us-iso-east-1'],
  ])('%s lies in it', (image, region) => {
    expect(ecrReference(image)).toMatchObject({ account: '123456789012', region });
  });

  it.each([
    '123456789012.dkr.ecr.us-east-1.evil.example/x',
    '123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example/x',
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com/x',
    'public.ecr.aws/a/b',
    'python',
    '12.dkr.ecr.us-east-1.amazonaws.com/a',
    'ghcr.io/123456789012.dkr.ecr/a',
  ])('%s does not', (image) => {
    expect(ecrReference(image)).toBeUndefined();
  });

  it.each([
    ['project', 'project'],
    ['My-Project', 'my-project'],
    ['a..b__c-_d', 'a.b_c-d'],
    ['trailing-', 'trailing'],
    ['x', 'project-x'],
  ])('the project %s has the repository %s', (project, repository) => {
    expect(repositoryName(project)).toBe(repository);
    expect(repository).toMatch(ECR_REPOSITORY);
  });
});

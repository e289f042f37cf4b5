/** Examples that run on the runner, run on AWS: their step of `local@v1` taken out, as its comment says, and a role in its place. */
import { expect } from 'vitest';
import type { Role } from '../../scripts/template.mjs';
import { MAIN, makeRoles, sessionVariables, usedBy } from '../action/setup.ts';
import { readText, type StandIn } from '../action/stand-in.ts';
import { root, runWorkflow } from './act.ts';

const LOCAL = /^ {6}- uses: org\/simple-sagemaker-action\/local@v1\n(?: {8}.*\n)*/m;
const BUCKET = 'awsglue-datasets';

/** The bucket that two examples read. */
export async function makeInputs(aws: StandIn): Promise<void> {
  const persons = readText(root, 'examples', 'example4', 'persons.json');
  await aws.bucketWith(BUCKET, 'examples/us-legislators/all/persons.json', persons);
}

/** The template's role of the default branch for a project of the examples. */
export async function roleFor(aws: StandIn, Project: string, parameters: Record<string, string> = {}): Promise<Role> {
  const given = { Project, InputBuckets: `arn:aws:s3:::${BUCKET}`, ...parameters };
  return (await makeRoles(aws, given, Project)).roles.DefaultBranchRole;
}

/** Runs an example with the role's rights alone; neither it nor the jobs' role may be refused anything. */
export async function expectEnough(
  aws: StandIn,
  role: Role,
  project: string,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const workflow = `examples/${name}/workflow.yml`;
  const text = readText(root, workflow);
  expect(text).toMatch(LOCAL);
  const ran = await runWorkflow({
    workflow,
    files: { [workflow]: text.replace(LOCAL, '') },
    env: {
      ...{ AWS_ENDPOINT_URL: aws.url, AWS_REGION: 'us-east-1', ...env },
      ...(await sessionVariables(aws, role.arn, MAIN)),
    },
  });
  expect(ran.code, ran.log).toBe(0);
  expect((await usedBy(aws, `assumed-role/${role.name}`)).refused).toEqual([]);
  const jobs = await usedBy(aws, `assumed-role/SimpleSagemaker-${project}`);
  expect(jobs.actions).toContain('s3:GetObject');
  expect(jobs.refused).toEqual([]);
}

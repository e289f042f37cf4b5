/**
 * Finds what a training instance costs: AWS's price list as it is now, if the step may ask for it, else the action's own
 * table. A type is asked for once in a process, and nothing more after a question without an answer.
 */

import type { Connection } from '../aws/connection.ts';
import { priceListRegion } from '../aws/price-list.ts';
import type { PublishedPrice } from '../aws/pricing.ts';
import type { Unanswered } from '../aws/unanswered.ts';
import type { Step } from '../step.ts';
import type { Demand } from './demand.ts';
import { type Estimate, estimate } from './estimate.ts';
import { type NoPrice, type Price, tablePrice } from './prices.ts';

type Answer = PublishedPrice | Unanswered | undefined;

interface Asked {
  readonly answers: Map<string, Answer>;
  unanswered: Unanswered | undefined;
}

const ASKED = new WeakMap<Connection, Asked>();

/** What a job can cost at most. Asks AWS at most one question for each type. */
export async function estimateCost(step: Pick<Step, 'aws' | 'signal'>, demand: Demand): Promise<Estimate | NoPrice> {
  const types = new Set(demand.choices.flat().map(({ instanceType }) => instanceType));
  const prices = new Map<string, Price | NoPrice>();
  for (const type of types) prices.set(type, await findPrice(step, type));
  return estimate(demand, (type) => prices.get(type) ?? { why: `the price of ${type} was not looked up` });
}

/** The price of a training instance in the step's region. */
export async function findPrice(
  { aws, signal }: Pick<Step, 'aws' | 'signal'>,
  instanceType: string,
): Promise<Price | NoPrice> {
  const { region } = aws;
  const answer = await ask(aws, instanceType, signal);
  if (answer === undefined)
    return {
      why: `AWS's price list has no price of a training instance ${instanceType} in ${region}`,
      remedy: 'use another "instance-type"',
    };
  if ('hourlyUsd' in answer)
    return { hourlyUsd: answer.hourlyUsd, pricesOf: `AWS Price List API, ${answer.published}` };
  const listed = tablePrice(region, instanceType);
  if (!('why' in listed)) return listed;
  const why = `${listed.why}, and ${answer.why}`;
  if (priceListRegion(region) === undefined) return { why };
  return { why, remedy: 'allow pricing:GetProducts to the credentials of the step (docs/money.md)' };
}

async function ask(aws: Connection, instanceType: string, signal: AbortSignal): Promise<Answer> {
  const asked: Asked = ASKED.get(aws) ?? { answers: new Map(), unanswered: undefined };
  ASKED.set(aws, asked);
  if (asked.unanswered !== undefined) return asked.unanswered;
  if (asked.answers.has(instanceType)) return asked.answers.get(instanceType);
  const { askPrice } = await import('../aws/pricing.ts');
  const answer = await askPrice(aws, instanceType, signal);
  if (answer !== undefined && 'why' in answer) asked.unanswered = answer;
  else asked.answers.set(instanceType, answer);
  return answer;
}

// What CloudFormation makes of aws/setup.yml, worked out here: the roles with their trust and their policies, for the
// docs, the policy linter and the tests. Knows the functions that the template uses and refuses any other; __tests__/workflows/
// setup.test.ts compares the result with what another program that speaks CloudFormation makes of the same template.
// Functions: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const TEMPLATE = join(import.meta.dirname, '..', 'aws', 'setup.yml');
const NAMES = ['If', 'Equals', 'Not', 'Sub', 'Join', 'Split', 'GetAtt'];
/** An item or property of this value is left out: `AWS::NoValue`. */
const NO_VALUE = Symbol('AWS::NoValue');

/** `!Ref X` is `{ Ref: X }`, `!Sub X` is `{ "Fn::Sub": X }`: the short forms of the functions' names. */
const TAGS = ['Ref', ...NAMES].flatMap((name) => {
  const key = name === 'Ref' ? name : `Fn::${name}`;
  const resolve = (value) => ({ [key]: value.toJSON?.() ?? value });
  return [
    { tag: `!${name}`, resolve },
    { tag: `!${name}`, collection: 'seq', resolve },
    { tag: `!${name}`, collection: 'map', resolve },
  ];
});

/** The template as CloudFormation reads it. */
export function readTemplate() {
  return parse(readFileSync(TEMPLATE, 'utf8'), { customTags: TAGS });
}

/**
 * The stack of these parameters: `{ roles, outputs, provider }`. A role is `{ name, arn, seconds, managed, trust, policies }`,
 * with documents by policy's name; roles and outputs are by their names in the template. `place`: partition, region, account
 * and the stack's name. Throws for a parameter that the template does not take, unless `place.placeholders` is true.
 */
export function renderStack(given, place = {}) {
  const template = readTemplate();
  const at = { partition: 'aws', region: 'us-east-1', account: '123456789012', stack: 'simple-sagemaker', ...place };
  const stack = { template, at, parameters: parametersOf(template, given, at.placeholders === true) };
  const made = Object.entries(template.Resources).filter(([, { Condition }]) => isTrue(stack, Condition));
  const of = (type) =>
    made.filter(([, { Type }]) => Type === type).map(([id, { Properties }]) => [id, resolve(stack, Properties)]);
  const attached = of('AWS::IAM::Policy').map(([, properties]) => properties);
  const roles = of('AWS::IAM::Role').map(([id, properties]) => {
    const name = roleName(stack, id);
    const policies = attached.filter(({ Roles }) => Roles.includes(name));
    const role = {
      name,
      arn: roleArn(stack, id),
      seconds: Number(properties.MaxSessionDuration ?? 3600),
      managed: properties.ManagedPolicyArns ?? [],
      trust: properties.AssumeRolePolicyDocument,
      policies: Object.fromEntries(policies.map(({ PolicyName, PolicyDocument }) => [PolicyName, PolicyDocument])),
    };
    return [id, role];
  });
  const outputs = Object.entries(template.Outputs).map(([id, { Value }]) => [id, resolve(stack, Value)]);
  const [provider] = of('AWS::IAM::OIDCProvider').map(([, properties]) => properties);
  return { roles: Object.fromEntries(roles), outputs: Object.fromEntries(outputs), provider };
}

function parametersOf({ Parameters }, given, placeholders) {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(Parameters, name));
  if (unknown.length > 0) throw new Error(`The template has no parameter ${unknown.join(', ')}.`);
  const entries = Object.entries(Parameters).map(([name, rules]) => {
    const value = given[name] ?? rules.Default;
    if (value === undefined) throw new Error(`The template needs the parameter ${name}.`);
    if (!placeholders) checkParameter(name, String(value), rules);
    return [name, rules.Type === 'CommaDelimitedList' ? String(value).split(',') : String(value)];
  });
  return Object.fromEntries(entries);
}

function checkParameter(name, value, { AllowedPattern, MaxLength, MinValue, MaxValue }) {
  const fits =
    (AllowedPattern === undefined || new RegExp(`^(?:${AllowedPattern})$`).test(value)) &&
    value.length <= Number(MaxLength ?? Number.POSITIVE_INFINITY) &&
    (MinValue === undefined || (Number(value) >= MinValue && Number(value) <= MaxValue));
  if (!fits) throw new Error(`The template does not take "${value}" as ${name}.`);
}

function isTrue(stack, condition) {
  if (condition === undefined) return true;
  const rule = stack.template.Conditions[condition];
  if (rule === undefined) throw new Error(`The template has no condition ${condition}.`);
  return resolve(stack, rule);
}

function resolve(stack, value) {
  if (Array.isArray(value)) return value.map((each) => resolve(stack, each)).filter((each) => each !== NO_VALUE);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument], ...others] = Object.entries(value);
  if (others.length === 0 && key === 'Ref') return reference(stack, argument);
  if (others.length === 0 && key.startsWith('Fn::')) return call(stack, key.slice('Fn::'.length), argument);
  const entries = Object.entries(value).map(([name, each]) => [name, resolve(stack, each)]);
  return Object.fromEntries(entries.filter(([, each]) => each !== NO_VALUE));
}

function call(stack, name, argument) {
  switch (name) {
    case 'If': {
      const [condition, yes, no] = argument;
      return resolve(stack, isTrue(stack, condition) ? yes : no);
    }
    case 'Equals': {
      const [left, right] = resolve(stack, argument);
      return left === right;
    }
    case 'Not':
      return !resolve(stack, argument)[0];
    case 'Sub':
      return substitute(stack, ...(Array.isArray(argument) ? argument : [argument, {}]));
    case 'Join': {
      const [mark, parts] = resolve(stack, argument);
      return parts.join(mark);
    }
    case 'Split': {
      const [mark, text] = resolve(stack, argument);
      return text.split(mark);
    }
    case 'GetAtt': {
      const [id, attribute] = Array.isArray(argument) ? argument : argument.split('.');
      if (attribute !== 'Arn') throw new Error(`The attribute ${attribute} is not known here.`);
      return roleArn(stack, id);
    }
    default:
      throw new Error(`The function Fn::${name} is not known here.`);
  }
}

function substitute(stack, text, own) {
  return text.replace(/\$\{([^}!]+)\}/g, (_, name) =>
    String(Object.hasOwn(own, name) ? resolve(stack, own[name]) : reference(stack, name)),
  );
}

/** Of a parameter its value, of a role its name, of the provider its ARN. */
function reference(stack, name) {
  const { template, at, parameters } = stack;
  if (Object.hasOwn(parameters, name)) return parameters[name];
  const pseudo = { Partition: at.partition, Region: at.region, AccountId: at.account, NoValue: NO_VALUE };
  if (name.startsWith('AWS::') && Object.hasOwn(pseudo, name.slice(5))) return pseudo[name.slice(5)];
  const { Type, Properties } = template.Resources[name] ?? {};
  if (Type === 'AWS::IAM::Role') return roleName(stack, name);
  if (Type !== 'AWS::IAM::OIDCProvider') throw new Error(`The name ${name} is not known here.`);
  const host = Properties.Url.replace('https://', '');
  return `arn:${at.partition}:iam::${at.account}:oidc-provider/${host}`;
}

/** CloudFormation adds random letters. */
function roleName({ at }, id) {
  return `${at.stack}-${id}`;
}

function roleArn(stack, id) {
  return `arn:${stack.at.partition}:iam::${stack.at.account}:role/${roleName(stack, id)}`;
}

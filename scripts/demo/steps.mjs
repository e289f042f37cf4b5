// The steps of the demo, as a workflow would name them under `with:`. What they run: examples/demo.

export const PROJECT = 'penguins';
/** Below the repository. */
export const OUTPUT = 'sagemaker-output/demo';

const SOURCES = 'examples/demo/code';

const train = {
  project: PROJECT,
  task: 'train',
  entrypoint: 'train.py',
  'source-dir': SOURCES,
  'instance-count': '2',
  distribution: 'torchrun',
  hyperparameters: 'learning-rate=0.01',
  inputs: 'data=examples/demo/data/train ShardedByS3Key',
  download: 'logs, model, state',
  'upload-artifacts': 'none',
  'output-path': `${OUTPUT}/train`,
};

const evaluate = {
  project: PROJECT,
  task: 'evaluate',
  entrypoint: 'evaluate.py',
  'source-dir': SOURCES,
  inputs: 'trained=task:train/model\ntest=examples/demo/data/test',
  download: 'logs',
  'upload-artifacts': 'none',
  'output-path': `${OUTPUT}/evaluate`,
};

const typo = {
  ...train,
  task: 'typo',
  'instance-count': '1',
  hyperparameters: 'features=bill_length_mm,bill_dpeth_mm',
  download: 'logs',
  'output-path': `${OUTPUT}/typo`,
};

/**
 * `inputs`: as under `with:`; `shown`: those that are printed; `fails`: whether it is to fail; `skips`: whether it is to
 * take an earlier job's results; `outputs`: those that are printed; `unfolded`: whether its log's groups are.
 */
export const STEPS = [
  {
    title: 'Two instances train one model together',
    what: 'A small neural network learns to tell three species of penguins apart. Each instance has half of the rows; after each epoch they average their weights over TCP.',
    inputs: train,
    shown: Object.keys(train),
    outputs: ['status', 'metrics'],
    unfolded: true,
  },
  {
    title: 'The same again is skipped',
    what: 'Same code, data and settings: the results of the job above are taken. On AWS this costs nothing.',
    inputs: train,
    shown: [],
    skips: true,
    outputs: ['skipped', 'metrics'],
  },
  {
    title: 'One hyperparameter is changed',
    what: 'The log says why the task runs again.',
    inputs: { ...train, hyperparameters: 'learning-rate=0.02' },
    shown: ['hyperparameters'],
    outputs: ['status', 'metrics'],
  },
  {
    title: 'Another task evaluates that model',
    what: 'Its input is the model of the task "train"; the rows are ones that no training has seen.',
    inputs: evaluate,
    shown: ['task', 'entrypoint', 'inputs'],
    outputs: ['status', 'metrics'],
  },
  {
    title: 'A worker fails',
    what: "The name of a column is misspelt. The step fails with the worker's own error.",
    inputs: typo,
    shown: ['task', 'hyperparameters'],
    fails: true,
    outputs: ['status', 'failure-reason'],
  },
];

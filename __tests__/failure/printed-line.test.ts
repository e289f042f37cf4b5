import { describe, expect, it } from 'vitest';
import { rankOf, readLine } from '../../src/failure/printed-line.ts';

describe('a line as its program printed it', () => {
  it.each([
    ['plain', '  File "a.py", line 1', '  File "a.py", line 1', ''],
    ['of PyTorch', '[rank12]:   File "a.py", line 1', '  File "a.py", line 1', 'rank12'],
    ['of torchrun', '[default0]:  File "a.py", line 1', '  File "a.py", line 1', 'default0'],
    ['of mpirun', '[1,3]<stderr>:  File "a.py", line 1', '  File "a.py", line 1', 'mpi3'],
    ['of SageMaker’s mpirun', '[1,mpirank:3,algo-2]<stderr>:ValueError', 'ValueError', 'mpi3'],
    ['of horovodrun', 'Wed Apr  8 12:05:15 2026[1]<stdout>:epoch 1', 'epoch 1', 'mpi1'],
    ['of Ray', '(TrainTrainable pid=96138, ip=10.0.0.1)   File "a.py"', '  File "a.py"', 'pid96138'],
    ['of pdsh and PyTorch', 'algo-2: [rank8]: KeyError: 1', 'KeyError: 1', 'host2rank8'],
    ['with a tab as CloudWatch shows it', '#011size mismatch', '\tsize mismatch', ''],
    ['with colours', '#033[31mError#033[0m \u001b[1;2mx\u001b[0m\u001b]8;;u\u0007y', 'Error xy', ''],
    ['that a progress bar wrote over', '0it#0151it#0152it [00:01]#015', '2it [00:01]', ''],
    ['that it wrote over after a prefix', '[1,0]<stderr>:#0150it', '0it', 'mpi0'],
    ['with control characters', 'a\u0000\u0008\u2028b\u0085', 'ab', ''],
    ['that is long', 'x'.repeat(100_000), 'x'.repeat(2_000), ''],
    ['that has no prefix', '[Epoch 1]: x [rank0]: y', '[Epoch 1]: x [rank0]: y', ''],
  ])('%s', (_, text, expected, process) => {
    expect(readLine({ at: 5, text })).toEqual({ at: 5, text: expected, process });
  });

  it.each([
    ['rank12', 12],
    ['mpi0', 0],
    ['host2rank8', 8],
    ['default1', undefined],
    ['pid7', undefined],
    ['', undefined],
  ])('has a rank, if its prefix has one: %s', (process, rank) => {
    expect(rankOf(process)).toBe(rank);
  });
});

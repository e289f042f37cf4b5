/** `distribution: torchrun` over two instances: they meet by plain TCP, and by real PyTorch where that is there. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandIn } from './stand-in.ts';

const torch =
  process.env['SSM_TEST_FULL'] === '1' && spawnSync('/usr/bin/python3', ['-c', 'import torch']).status === 0;

const MEET = `
import os, socket, time
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if rank == 0:
    with socket.create_server(("", place[1])) as server:
        peers = [server.accept()[0] for _ in range(world - 1)]
        total = sum(int(peer.recv(10)) for peer in peers)
        for peer in peers:
            peer.sendall(b"%d" % total)
else:
    while True:
        try:
            peer = socket.create_connection(place)
            break
        except OSError:
            time.sleep(0.2)
    peer.sendall(b"%d" % rank)
    total = int(peer.recv(10))
print("rank %d of %d at %s: %d" % (rank, world, os.environ["SM_CURRENT_HOST"], total))
`;
const REDUCE = `
import os, torch, torch.distributed as dist
dist.init_process_group("gloo")
value = torch.tensor([float(dist.get_rank())])
dist.all_reduce(value)
print("rank %d of %d at %s: %d" % (dist.get_rank(), dist.get_world_size(), os.environ["SM_CURRENT_HOST"], value.item()))
`;

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start([], torch ? { PATH: `/usr/bin:${process.env['PATH']}` } : {});
});
afterAll(() => aws.stop());

describe('torchrun', () => {
  const meet = async (worker: string): Promise<void> => {
    const { stdout, code } = await aws.run(aws.workspace({ 'w.py': worker }), {
      ...{ task: 'meet', entrypoint: 'w.py', 'instance-count': '2', download: 'logs' },
      ...{ distribution: '{"torchrun": {"processes": 2}}', 'max-run-minutes': '3', 'skip-if': 'never' },
    });
    expect(code).toBe(0);
    const lines = [...stdout.matchAll(/^\[algo-\d\] (rank .*)$/gm)].map((match) => match[1]).sort();
    expect(lines).toEqual([0, 1, 2, 3].map((rank) => `rank ${rank} of 4 at algo-${rank < 2 ? 1 : 2}: 6`));
  };
  it('over two instances by plain TCP', () => meet(MEET));
  it.skipIf(!torch)('over two instances by PyTorch', () => meet(REDUCE));
});

describe("a start that is left to AWS's toolkit", () => {
  it('needs no inputs', async () => {
    await aws.fault({ kind: 'no-capacity' });
    const inputs = {
      task: 'bare',
      entrypoint: 'w.py',
      launcher: 'image',
      download: 'none',
      'upload-artifacts': 'none',
    };
    const step = aws.step(aws.workspace({ 'w.py': '' }), inputs);
    await Promise.race([step.printed('Started project-bare'), step.done]);
    step.kill('SIGINT');
    expect((await step.done).stdout).toMatch(/^Started project-bare/m);
    await aws.liftFaults();
  });
});

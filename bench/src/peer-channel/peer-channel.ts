import { describeRun, startDatabase } from '../environment.ts';
import { median } from '../statistics.ts';
import { type ChannelResult, measureChannels } from './measure-channels.ts';
import { startRedis } from './start-redis.ts';
import { type Transport, overNotify, overRedis } from './transports.ts';

const PROCESSES = [1, 4, 16, 64];
const ROUNDS = 3;

const HEAD = [
  'processes with listeners',
  'hints by',
  'changes per second, all on this machine',
  'CPU per change, server',
  'CPU per change, all processes',
  'changes per second, a core for the server and for each process',
];

/** Compares how many changes per second processes can notify each other of, by NOTIFY and by Redis. */
export async function peerChannel(
  stack: AsyncDisposableStack,
  only: readonly string[],
): Promise<string[][]> {
  const url = await startDatabase(stack);
  const redis = await startRedis(stack);
  const transports = [overNotify(url, stack), ...(redis === undefined ? [] : [overRedis(redis)])];
  const rows: string[][] = [];
  for (const processes of only.length === 0 ? PROCESSES : only.map(Number)) {
    for (const [transport, results] of await measureInTurn(transports, processes)) {
      const row = [`${processes}`, transport.name, ...toCells(results, processes)];
      console.log(`peer-channel: ${row.join(' | ')}`);
      rows.push(row);
    }
  }
  const described = await describeRun(url);
  const version = redis === undefined ? 'Redis is not installed' : `Redis ${redis.version}`;
  return [HEAD, ...rows, ['measured', `${described}, ${version}`, '', '', '', '']];
}

async function measureInTurn(
  transports: readonly Transport[],
  processes: number,
): Promise<Map<Transport, ChannelResult[]>> {
  const results = new Map(
    transports.map((transport): [Transport, ChannelResult[]] => [transport, []]),
  );
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [transport, measured] of results) {
      measured.push(await measureChannels(transport, processes));
    }
  }
  return results;
}

function toCells(results: readonly ChannelResult[], processes: number): string[] {
  const server = median(results.map(({ serverCpu }) => serverCpu));
  const all = median(results.map(({ processesCpu }) => processesCpu));
  // The slowest core decides.
  const perSecond = 1e6 / Math.max(server, all / processes);
  return [
    `${Math.round(median(results.map(({ changesPerSecond }) => changesPerSecond)))}`,
    `${Math.round(server)} µs`,
    `${Math.round(all)} µs`,
    `${Math.round(perSecond)}`,
  ];
}

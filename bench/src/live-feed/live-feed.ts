import { describeRun, startApi, startDatabase } from '../environment.ts';
import type { Program } from '../program.ts';
import { measureFeed } from './measure-feed.ts';

const LISTENERS = [100, 500, 1_000];

/** How long a vote takes to those who listen, and what they cost. */
export const liveFeed: Program = {
  name: 'live-feed',
  async run(stack) {
    const databaseUrl = await startDatabase(stack);
    const api = await startApi(databaseUrl, stack);
    console.log('live-feed: warming up …');
    await measureFeed(api, 50);
    const rows: string[][] = [];
    for (const count of LISTENERS) {
      const result = await measureFeed(api, count);
      rows.push([
        `${count}`,
        `${result.p50} ms / ${result.p99} ms`,
        `${(result.arrived * 100).toFixed(1)} %`,
        `${result.refused}`,
        result.readsPerChange.toFixed(2),
        `${result.memory} KiB`,
      ]);
      console.log(`${count} listeners: p50 ${result.p50} ms, p99 ${result.p99} ms`);
    }
    const measured = await describeRun(databaseUrl);
    return [
      [
        'listeners',
        'a vote’s answer to its arrival, p50 / p99',
        'arrived',
        'votes refused',
        'reads per change',
        'memory each',
      ],
      ...rows,
      ['measured', measured, '', '', '', ''],
    ];
  },
};

import { median } from '../median.ts';
import type { Round } from './measure-beside.ts';
import type { Speed } from './measure-sessions.ts';
import type { Size } from './measure-size.ts';

/** The database at one number of open sessions. */
export interface Step extends Size {
  sessions: number;
  rounds: Round[];
}

/** The table's rows: a column for the empty database, and one for each step. */
export function toColumns(empty: Size, steps: readonly Step[]): string[][] {
  const row = (label: string, first: string, cell: (step: Step) => string) => [
    label,
    first,
    ...steps.map(cell),
  ];
  const ofEmpty = (figure: (speed: Speed) => number) =>
    median(steps.flatMap(({ rounds }) => rounds.map((round) => figure(round.empty))));
  const rate = (label: string, figure: (speed: Speed) => number) =>
    row(label, perSecond(ofEmpty(figure)), ({ rounds }) => {
      const ratio = median(rounds.map((round) => figure(round.filled) / figure(round.empty)));
      const filled = median(rounds.map((round) => figure(round.filled)));
      return `${perSecond(filled)} (${ratio.toFixed(2)})`;
    });
  const time = (label: string, figure: (speed: Speed) => number) =>
    row(label, ms(ofEmpty(figure)), ({ rounds }) =>
      ms(median(rounds.map((round) => figure(round.filled)))),
    );
  return [
    row('open sessions', '0', ({ sessions }) => sessions.toLocaleString('en')),
    row('rows in all tables', '0', ({ rows }) => rows.toLocaleString('en')),
    rate('creating a session', (speed) => speed.createsPerSecond),
    rate('joining one at random', (speed) => speed.joinsPerSecond),
    rate('finding one at random by its code', (speed) => speed.findsPerSecond),
    time('a sweep that finds none expired', (speed) => speed.sweepMs),
    time('counting them for `/metrics`, to 100,000', (speed) => speed.countMs),
    time('the change numbers of 1,000 at random', (speed) => speed.changeNumbersMs),
    row('database on disk', mib(empty.bytes), ({ bytes }) => mib(bytes)),
    row('of that for each session', '', ({ sessions, bytes }) => {
      return `${Math.round((bytes - empty.bytes) / sessions)} bytes`;
    }),
  ];
}

const perSecond = (rate: number) => `${Math.round(rate)} per second`;
const ms = (time: number) => `${time.toFixed(1)} ms`;
const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

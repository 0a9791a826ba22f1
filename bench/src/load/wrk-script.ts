import { randomInt } from 'node:crypto';
import type { Round } from '../benchmark.ts';
import { numbersOf } from '../draw.ts';

/** The calls of a round in Lua, which draws what is drawn: a body in parts, with draws between. */
export function wrkScript(round: Round): string {
  const body = JSON.stringify(round.input((digits) => `<${digits}>`))
    .split(/<(\d+)>/)
    .map((part, index) => (index % 2 === 0 ? `[==[${part}]==]` : toDraw(Number(part))))
    .join(' .. ');
  // Lua starts from the same seed every time, and would write 15 digits with an exponent.
  return `
    math.randomseed(${randomInt(2 ** 31)})
    wrk.method = "POST"
    wrk.headers["content-type"] = "application/json"
    request = function()
      return wrk.format(nil, nil, nil, ${body})
    end
  `;
}

function toDraw(digits: number): string {
  const { first, last } = numbersOf(digits);
  return `string.format("%.0f", math.random(${first}, ${last}))`;
}

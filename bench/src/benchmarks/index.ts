import type { Benchmark } from '../benchmark.ts';
import { createSession } from './create-session.ts';
import { joinSession } from './join-session.ts';

/** Every benchmark, in the order of docs/benchmarks.md. */
export const benchmarks: readonly Benchmark[] = [createSession, joinSession];

import { type Behaviour, runClients } from './clients.ts';

/** A separate process, so that the load delays neither the probes nor the measurement. */
process.once('disconnect', () => process.exit());
process.once('message', ({ port, behaviour }: { port: number; behaviour: Behaviour }) => {
  void runClients(port, behaviour).then((result) => process.send?.(result, () => process.exit()));
});

import { type Behaviour, runClients } from './clients.ts';

/** A process of its own, so that the load's work delays neither the probes nor who measures. */
process.once('disconnect', () => process.exit());
process.once('message', ({ port, behaviour }: { port: number; behaviour: Behaviour }) => {
  void runClients(port, behaviour).then((result) => process.send?.(result, () => process.exit()));
});

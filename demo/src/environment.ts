import { VARIABLES } from '@classroom/api/env';

/** The API to play against; undefined when it is for the demo to find one. */
export const API_URL = process.env['API_URL'] || undefined;

/**
 * What an API of the demo's own is started with. The settings of the API are set to nothing, which
 * counts as unset and holds against a `.env` file: the demo leaves every other database alone.
 */
export function ownApiEnvironment(dataDir: string): NodeJS.ProcessEnv {
  const nothingSet = Object.fromEntries(VARIABLES.map((name) => [name, '']));
  return { ...process.env, ...nothingSet, PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error' };
}

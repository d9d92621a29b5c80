import { build } from "esbuild";

/**
 * Makes one file of the bot and everything it imports, in place of what tsc made of `src/main.ts`: reading and linking a
 * thousand small files took longer than all the rest of a start (`npm run bench:start`). Names stay as they are, so that a
 * stack trace can be read; with `node --enable-source-maps dist/main.js` it names the lines of the sources.
 */
await build({
  entryPoints: ["src/main.ts"],
  outfile: "dist/main.js",
  allowOverwrite: true,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 200,
  legalComments: "none",
  sourcemap: true,
  sourcesContent: false,
  // Used by libraries when they are installed, which they are not here.
  external: ["bufferutil", "erlpack", "utf-8-validate", "zlib-sync", "@discordjs/voice"],
  // What packages written for CommonJS expect to find.
  banner: {
    js: [
      'import { createRequire as createRequireOfBundle } from "node:module";',
      "const require = createRequireOfBundle(import.meta.url);",
      "const __filename = import.meta.filename, __dirname = import.meta.dirname;",
    ].join("\n"),
  },
  logLevel: "warning",
});

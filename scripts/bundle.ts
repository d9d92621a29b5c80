import { readFile } from "node:fs/promises";
import { build, type Plugin, transform } from "esbuild";

/**
 * Makes one file of the bot and everything it imports, in place of what tsc made of `src/main.ts`, and another of the thread
 * that it starts when the stall guard is on: reading and linking a
 * thousand small files took longer than all the rest of a start (`npm run bench:start`). Names of the bot's own code stay
 * as they are, so that a stack trace can be read; with `node --enable-source-maps dist/main.js` it names the lines of the
 * sources.
 */
await build({
  entryPoints: { main: "src/main.ts", "gateway-thread": "src/discord/gateway-thread.ts" },
  outdir: "dist",
  allowOverwrite: true,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  sourcemap: true,
  sourcesContent: false,
  plugins: [withoutTranslations(), shortenPackages()],
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

/** The source stays in memory as long as the bot runs, so local names within packages are made short. */
function shortenPackages(): Plugin {
  return {
    name: "shorten packages",
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
        const { code } = await transform(await readFile(path, "utf8"), {
          minifyIdentifiers: true,
          minifyWhitespace: true,
          minifySyntax: true,
          target: "node20",
          logLevel: "silent",
        });
        return { contents: code, loader: "js" };
      });
    },
  };
}

/** The messages of zod in fifty languages, of which none reaches a person. */
function withoutTranslations(): Plugin {
  return {
    name: "without translations",
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]node_modules[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
        contents: 'export { default as en } from "./en.js";',
        loader: "js",
      }));
    },
  };
}

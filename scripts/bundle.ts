import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { type BuildOptions, build, type Plugin, transform } from "esbuild";

/**
 * Makes one file of the bot and everything it imports, and another of the thread that it starts when the stall guard is
 * on: reading and linking a thousand small files took longer than all the rest of a start (`npm run bench:start`). The bot's
 * is CommonJS, of which V8's compiled code can be kept. Names of the bot's own code stay as they are, so that a stack trace
 * can be read; with `node --enable-source-maps dist/main.js` it names the lines of the sources.
 */
const options: BuildOptions = {
  outdir: "dist",
  allowOverwrite: true,
  bundle: true,
  platform: "node",
  target: "node20",
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  sourcemap: true,
  sourcesContent: false,
  plugins: [withoutTranslations(), shortenPackages()],
  // Used by libraries when they are installed, which they are not here.
  external: ["bufferutil", "erlpack", "utf-8-validate", "zlib-sync", "@discordjs/voice"],
  logLevel: "warning",
};

await build({
  ...options,
  entryPoints: { bot: "src/run-bot.ts" },
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  // What modules expect to find.
  define: { "import.meta.url": "urlOfBundle" },
  banner: { js: 'var urlOfBundle=require("node:url").pathToFileURL(__filename).href;' },
});
await build({
  ...options,
  entryPoints: { "gateway-thread": "src/discord/gateway-thread.ts" },
  format: "esm",
  // What packages written for CommonJS expect to find.
  banner: {
    js: [
      'import { createRequire as createRequireOfBundle } from "node:module";',
      "const require = createRequireOfBundle(import.meta.url);",
      "const __filename = import.meta.filename, __dirname = import.meta.dirname;",
    ].join("\n"),
  },
});

// In a process as the bot's will be: one that runs TypeScript compiles otherwise.
const keepCompiled =
  'import("./dist/code-cache.js").then(({ keepCompiled }) => keepCompiled(fs.realpathSync("dist/bot.cjs")))';
execFileSync(process.execPath, ["-e", keepCompiled], { stdio: "inherit" });

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

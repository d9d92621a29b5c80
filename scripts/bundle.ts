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
  plugins: [withoutUnused(), eachPackageOnce(), shortenPackages()],
  external: [
    // Used by libraries when they are installed, which they are not here.
    ...["bufferutil", "erlpack", "utf-8-validate", "zlib-sync", "@discordjs/voice"],
    // Loaded by Fastify for schemas (`src/operations/server.ts` has none) and for requests made up by tests.
    ...["@fastify/ajv-compiler", "@fastify/fast-json-stringify-compiler", "light-my-request"],
  ],
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
          target: "node20",
          logLevel: "silent",
        });
        return { contents: code, loader: "js" };
      });
    },
  };
}

/** Leaves out what is loaded with a library and the bot has no use for. */
function withoutUnused(): Plugin {
  const unused = {
    // Its messages in fifty languages.
    "zod/v4/locales/index.js": 'export { default as en } from "./en.js";',
    // Jobs in PostgreSQL, and at times of a calendar.
    "bullmq/dist/cjs/postgres/index.js": "",
    "cron-parser/dist/index.js": "",
    // Forms with files, and all types that those may have.
    "form-data/lib/form_data.js": "module.exports = class {};",
  };
  return {
    name: "without what is not used",
    setup({ onLoad }) {
      for (const [file, contents] of Object.entries(unused)) {
        const filter = new RegExp(`/node_modules/${file}$`.replaceAll(".", "\\.").replaceAll("/", "[\\\\/]"));
        onLoad({ filter }, () => ({ contents, loader: "js" }));
      }
    },
  };
}

/** discord.js requires what we import, and the two forms of a package would be in it side by side. */
function eachPackageOnce(): Plugin {
  return {
    name: "each package once",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^@(discordjs|vladfrangu|sapphire)\// }, ({ path, kind, resolveDir, importer }) =>
        kind === "import-statement" ? resolve(path, { kind: "require-call", resolveDir, importer }) : undefined,
      );
    },
  };
}

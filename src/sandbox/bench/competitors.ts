import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BotProcess } from "../bot-process.ts";
import type { Sandbox } from "../sandbox.ts";

/**
 * bare: replies after the work, as a beginner writes it; guide: defers first, as the discord.js guide teaches; ours: the
 * real bot of `dist/`. All are processes of their own with unmodified discord.js 14.
 */
export const competitors = ["bare", "guide", "ours"] as const;
export type Competitor = (typeof competitors)[number];

export type Environment = Readonly<Record<string, string>>;

/** Starts one process of a bot with the sandbox's environment; the sandbox ends it. */
export function startCompetitor(sandbox: Sandbox, competitor: Competitor, env: Environment = {}): BotProcess {
  switch (competitor) {
    case "ours":
      return sandbox.startBot({ env });
    case "bare":
    case "guide": {
      const entry = fileURLToPath(new URL(`./bots/${competitor}.ts`, import.meta.url));
      return sandbox.startBot({ entry, env: { ...env, NODE_OPTIONS: `--import=${typescriptLoader}` } });
    }
  }
}

/** These bots are run from their sources; once loaded, nothing of the loader is in their way. */
const typescriptLoader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

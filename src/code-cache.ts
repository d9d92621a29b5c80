import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { constants, Script } from "node:vm";

/**
 * Loads a CommonJS file of ASCII from what V8 had compiled of it at the build: to compile it again takes longer than all
 * the rest of a start (`npm run bench:start`). What V8 cannot use (of another Node.js, or for other flags), or what does not
 * belong to the file as it is now, is left aside, and the file compiled.
 *
 * @returns what the file exports
 */
export function loadCompiled(path: string): unknown {
  // Node.js maps stack traces only of what it loads itself.
  if (process.sourceMapsEnabled) return createRequire(path)(path);
  return run(path, compileWithCache(path));
}

/** Loads the file, and keeps beside it what V8 has compiled by then, for {@link loadCompiled}. */
export function keepCompiled(path: string): void {
  const file = readFileSync(path);
  const script = compile(path, file, undefined);
  run(path, script);
  const compiled = script.createCachedData();
  writeFileSync(cachePathOf(path), Buffer.concat([digest(file, compiled), compiled]));
}

const cachePathOf = (path: string): string => `${path}.cache`;

/** A function of its own, so that nothing holds on to the two files while the bot is loaded, and what they took is freed. */
function compileWithCache(path: string): Script {
  const file = readFileSync(path);
  return compile(path, file, readCache(path, file));
}

function compile(path: string, file: Buffer, cachedData: Buffer | undefined): Script {
  // As such it takes one byte a character, and no time to decode.
  return new Script(`(function(exports,require,module,__filename,__dirname){${file.toString("latin1")}\n})`, {
    filename: path,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

function run(path: string, script: Script): unknown {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  return module.exports;
}

/** Checked, because V8 does not: a changed file of the same length would run as what it was before. */
function readCache(path: string, file: Buffer): Buffer | undefined {
  const kept = readIfThere(cachePathOf(path));
  if (kept === undefined) return undefined;
  const compiled = kept.subarray(digestBytes);
  return digest(file, compiled).equals(kept.subarray(0, digestBytes)) ? compiled : undefined;
}

const digestBytes = 32;
const digest = (file: Buffer, compiled: Buffer): Buffer => createHash("sha256").update(file).update(compiled).digest();

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

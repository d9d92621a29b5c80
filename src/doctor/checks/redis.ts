import { redisReason } from "../../notifications/subscriber.ts";
import { withRedis } from "../../redis-inquiry.ts";
import { type Check, type Finding, fail, ok, warn } from "../finding.ts";

/** Streams are trimmed by age only since then, and the queue needs it too. */
const oldest = { major: 6, minor: 2 } as const;
const crowded = 0.9;

/** Whether what is accepted is kept: the server, its memory, its disk, and the database of `REDIS_DB`. */
export const redis: Check = {
  name: "redis",
  needs: ["control"],
  async run({ control }) {
    if (control === undefined) return [];
    const { url, db } = control.redis;
    try {
      return await withRedis({ url, db: 0 }, async (connection) => {
        const info = readInfo(await connection.info());
        const databases = await connection.select(db).then(
          () => [],
          (error: unknown) => [judgeSelect(db, error)],
        );
        return [...databases, ...judgeRedis(info)];
      });
    } catch (error) {
      return [explain(redisReason(error))];
    }
  },
};

export type RedisInfo = Readonly<Record<string, string>>;

export const readInfo = (text: string): RedisInfo =>
  Object.fromEntries(
    text
      .split("\n")
      .map((line) => /^(\w+):(.*?)\r?$/.exec(line))
      .flatMap((match) => (match === null ? [] : [[match[1] ?? "", match[2] ?? ""]])),
  );

/** What the server says of itself, and what of it would lose signals. */
export function judgeRedis(info: RedisInfo): readonly Finding[] {
  const version = info.redis_version ?? "unknown";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const findings: Finding[] = [];
  if (major < oldest.major || (major === oldest.major && minor < oldest.minor)) {
    findings.push(fail(`version ${version} is too old`, `install ${oldest.major}.${oldest.minor} or later`));
  }
  if (info.role === "slave") {
    findings.push(fail("it is a replica, which takes no writes", "set REDIS_URL to the primary"));
  }
  if (info.loading === "1") findings.push(warn("it is still loading its data", "look again when it has"));
  const policy = info.maxmemory_policy;
  if (policy !== undefined && policy !== "noeviction") {
    findings.push(
      fail(
        `it may throw accepted signals away when memory is short (maxmemory-policy ${policy})`,
        "redis-cli config set maxmemory-policy noeviction, and the same in redis.conf",
      ),
    );
  }
  const limit = Number(info.maxmemory ?? 0);
  if (limit > 0 && Number(info.used_memory ?? 0) > crowded * limit) {
    findings.push(warn("its memory is nearly full", "raise maxmemory, or find what fills it"));
  }
  if (info.aof_enabled === "0") {
    findings.push(
      warn(
        "what was accepted since its last snapshot is lost when it crashes (appendonly no)",
        "redis-cli config set appendonly yes, and the same in redis.conf",
      ),
    );
  }
  if (info.aof_last_write_status === "err" || info.rdb_last_bgsave_status === "err") {
    findings.push(fail("it cannot write to its disk", "look at its log and the free space of its disk"));
  }
  return findings.length > 0 ? findings : [ok(`version ${version}, keeps what it is given on disk, evicts nothing`)];
}

function judgeSelect(db: number, error: unknown): Finding {
  return fail(
    `REDIS_DB ${db} cannot be used on this server (${redisReason(error)})`,
    "use a smaller number, or raise databases in redis.conf; the backend publishes from the same",
  );
}

function explain(reason: string): Finding {
  if (["NOAUTH", "WRONGPASS", "NOPERM"].includes(reason)) {
    return fail(
      `it does not let the bot in (${reason})`,
      "correct user and password in REDIS_URL: redis://user:password@host:6379",
    );
  }
  return fail(`it cannot be asked (${reason})`, "start it, or correct REDIS_URL; until then no signals arrive");
}

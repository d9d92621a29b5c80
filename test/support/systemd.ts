import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runProgram } from "./run-program.ts";

/** Installs `systemd-notify` and `systemd-analyze` where they are not, as on a machine without systemd. */
export async function installSystemd(): Promise<void> {
  if ((await runShell("command -v systemd-notify && command -v systemd-analyze")).code === 0) return;
  const apt = "apt-get -o DPkg::Lock::Timeout=120";
  const sudo = process.getuid?.() === 0 ? "" : "sudo -n ";
  const { code, stderr } = await runShell(
    `${sudo}${apt} update -qq; ${sudo}env DEBIAN_FRONTEND=noninteractive ${apt} install -y -qq --no-install-recommends systemd`,
  );
  if (code !== 0) throw new Error(`systemd is not there and could not be installed: ${stderr}`);
}

const runShell = (command: string) => runProgram("/bin/sh", ["-c", command]);

export interface NotifySocket {
  /** The value of `NOTIFY_SOCKET`. */
  readonly path: string;
  readonly received: readonly string[];
  /** Resolves with the number of times a state has been told, once it is at least `count`. */
  told(state: string, count?: number): Promise<number>;
  /** Resolves when nothing with this state has come for `timeoutMs`, as systemd's watchdog would find. */
  silent(state: string, timeoutMs: number): Promise<void>;
  close(): void;
}

/** Listens as systemd does, on a datagram socket; Node has none, and perl is on every Debian and macOS. */
export async function openNotifySocket(): Promise<NotifySocket> {
  const folder = mkdtempSync(join(tmpdir(), "signalguard-notify-"));
  const path = join(folder, "notify");
  const listener = spawn("perl", ["-MSocket", "-e", receive, path], { stdio: ["pipe", "pipe", "inherit"] });
  const received: string[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: listener.stdout }).on("line", (line) => {
    received.push(line);
    for (const watch of [...watchers]) watch();
  });
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const watch = () => {
        if (!holds()) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
      watch();
    });
  const count = (state: string): number => received.filter((line) => line === state).length;
  await until(() => received.includes("listening"));
  return {
    path,
    received,
    async told(state, atLeast = 1) {
      await until(() => count(state) >= atLeast);
      return count(state);
    },
    silent: (state, timeoutMs) =>
      new Promise((resolve) => {
        let timer = setTimeout(resolve, timeoutMs);
        let seen = count(state);
        watchers.add(() => {
          if (count(state) === seen) return;
          seen = count(state);
          clearTimeout(timer);
          timer = setTimeout(resolve, timeoutMs);
        });
      }),
    close() {
      listener.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Prints each state of each datagram in a line, until its standard input ends with whoever started it. */
const receive = `
$| = 1;
socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($s, sockaddr_un($ARGV[0])) or die $!;
print "listening\\n";
while (1) {
  my $r = ''; vec($r, fileno($s), 1) = 1; vec($r, fileno(STDIN), 1) = 1;
  select($r, undef, undef, undef);
  exit if vec($r, fileno(STDIN), 1);
  recv($s, my $m, 65536, 0); print "$_\\n" for split /\\n/, $m;
}`;

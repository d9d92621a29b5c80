import { execFileSync } from "node:child_process";

/** Tests that start the real process start what would be shipped: a fresh build. */
export default function build(): void {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
}

import { expect, it } from "vitest";
import { tokenFingerprint } from "../../src/instance/token-fingerprint.ts";

it("is 16 hexadecimal digits, the same for a token and another for any other, and tells nothing of it", () => {
  const token = "a-token.of.three-parts";
  const fingerprint = tokenFingerprint(token);
  expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
  expect(tokenFingerprint(token)).toBe(fingerprint);
  expect(tokenFingerprint(`${token}.`)).not.toBe(fingerprint);
  expect(fingerprint).not.toContain(Buffer.from(token).toString("hex").slice(0, 8));
});

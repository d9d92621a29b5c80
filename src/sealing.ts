import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Texts that only a process with the same secret can read, each bound to what it is about: the id of an interaction. */
export interface Sealer {
  seal(text: string, subject: string): string;
  /** Undefined when it was not sealed with this secret, for this purpose and this subject. */
  open(sealed: string, subject: string): string | undefined;
}

const algorithm = "aes-256-gcm";
const namePurpose = "signalguard key names v1";
const nameBytes = 8;
const keyBytes = 32;
/** What GCM is made for; random, as no counter is shared between processes. */
const ivBytes = 12;
const tagBytes = 16;

/** The same for a secret and another for any other; nothing can be learned from it. Safe in keys. */
export const nameOf = (secret: string): string =>
  Buffer.from(hkdfSync("sha256", secret, "", namePurpose, nameBytes)).toString("hex");

/** @param purpose separates this key from any other that may ever be derived from the same secret */
export function createSealer(secret: string, purpose: string): Sealer {
  const key = Buffer.from(hkdfSync("sha256", secret, "", purpose, keyBytes));
  return {
    seal(text, subject) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(subject));
      const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString("base64");
    },
    open(sealed, subject) {
      const bytes = Buffer.from(sealed, "base64");
      if (bytes.length < ivBytes + tagBytes) return undefined;
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(subject));
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      try {
        return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, "utf8") + decipher.final("utf8");
      } catch {
        return undefined;
      }
    },
  };
}

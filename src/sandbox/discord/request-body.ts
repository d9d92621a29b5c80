import type { UploadedFile } from "./messages.ts";

export type RequestBody =
  | { readonly kind: "parsed"; readonly body: unknown; readonly files: readonly UploadedFile[] }
  /** Discord answers 400/50109. */
  | { readonly kind: "unreadable" };

/** JSON, or multipart with the JSON in `payload_json` beside `files[n]`. */
export const readRequestBody = async (contentType: string, bytes: Buffer | undefined): Promise<RequestBody> => {
  if (bytes === undefined || bytes.length === 0) return { kind: "parsed", body: undefined, files: [] };
  if (!contentType.startsWith("multipart/form-data")) return readJson(bytes.toString("utf8"), []);
  const form = await new Response(bytes, { headers: { "content-type": contentType } })
    .formData()
    .catch(() => undefined);
  if (form === undefined) return { kind: "unreadable" };
  const files: UploadedFile[] = [];
  for (const [field, value] of form.entries()) {
    const index = /^files\[(\d+)\]$/.exec(field)?.[1];
    if (index === undefined || typeof value === "string") continue;
    files.push({ index: Number(index), name: value.name, sizeBytes: value.size, contentType: value.type });
  }
  const payload = form.get("payload_json");
  return typeof payload === "string" ? readJson(payload, files) : { kind: "parsed", body: {}, files };
};

const readJson = (text: string, files: readonly UploadedFile[]): RequestBody => {
  try {
    return { kind: "parsed", body: JSON.parse(text), files };
  } catch {
    return { kind: "unreadable" };
  }
};

import { type JsonObject, objectsIn } from "./json.ts";

/** A file sent as `files[n]` of a multipart request; its content is not kept. */
export interface UploadedFile {
  /** The n of `files[n]`, to which `attachments[].id` refers. */
  readonly index: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly contentType?: string;
}

/**
 * A message's attachments after a request: those kept of the ones it had, and one for each file sent. An edit that names
 * `attachments` keeps only what it names; one that does not keeps all.
 */
export const attachmentsAfter = (
  message: { readonly id: string; readonly channelId: string; readonly attachments: readonly JsonObject[] },
  requested: unknown,
  files: readonly UploadedFile[],
): readonly JsonObject[] => {
  const described = new Map(objectsIn(requested).map(([, attachment]) => [String(attachment.id), attachment]));
  const kept = Array.isArray(requested)
    ? message.attachments.filter(({ id }) => described.has(String(id)))
    : message.attachments;
  const firstFreeId = kept.reduce((highest, { id }) => {
    const taken = BigInt(String(id));
    return taken > highest ? taken : highest;
  }, BigInt(message.id));
  const added = files.map((file, position): JsonObject => {
    const id = String(firstFreeId + BigInt(position + 1));
    const { id: _, ...description } = described.get(String(file.index)) ?? {};
    const url = `https://cdn.invalid/attachments/${message.channelId}/${id}/${encodeURIComponent(file.name)}`;
    return {
      id,
      filename: file.name,
      size: file.sizeBytes,
      url,
      proxy_url: url,
      ...(file.contentType === undefined ? {} : { content_type: file.contentType }),
      ...description,
    };
  });
  return [...kept, ...added];
};

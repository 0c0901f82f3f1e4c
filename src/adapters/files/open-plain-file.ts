import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { OpenFile } from "../../agent/sync/model-disk.js";
import { RegistryPathError } from "../../register/registry-files.js";

/** An open file as others read it. */
export const asOpenFile = (file: FileHandle): OpenFile => ({
  read: async (buffer, position) => (await file.read(buffer, 0, buffer.length, position)).bytesRead,
  close: () => file.close(),
});

/** Opens a plain file. Without O_NONBLOCK a pipe that took its place would be waited for without end. */
export async function openPlainFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new RegistryPathError(path, "is not a plain file");
}

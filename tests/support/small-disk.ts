/** A file system of a few megabytes that a test may fill, where the machine lets us mount one. */

/** @returns null when the command succeeded, else why not */
async function run(command: string, ...args: string[]): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command(command, { args }).output();
    return success ? null : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns null when `folder` is now a disk of its own, else why that cannot be */
export function mountSmallDisk(folder: string, sizeMb: number): Promise<string | null> {
  return run("mount", "-t", "tmpfs", "-o", `size=${sizeMb}m`, "tmpfs", folder);
}

/** Lazily: a database that is not wholly closed yet would keep it busy. */
export async function unmountSmallDisk(folder: string): Promise<void> {
  await run("umount", "-l", folder);
}

/** Writes to `path` until nothing more fits on its disk. */
export async function fillDisk(path: string): Promise<void> {
  const file = await Deno.open(path, { create: true, write: true, append: true });
  try {
    for (let piece = new Uint8Array(1 << 20); piece.length > 0;) {
      try {
        const written = await file.write(piece);
        if (written < piece.length) piece = piece.subarray(0, piece.length >> 1);
      } catch {
        piece = piece.subarray(0, piece.length >> 1);
      }
    }
  } finally {
    file.close();
  }
}

/** TypeScript files of a swarm's folder, without what was installed or written there by running. */
export async function sourcesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory && name !== "node_modules" && name !== "runtime" && !name.startsWith(".")) {
      found.push(...await sourcesOf(path));
    } else if (isFile && name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

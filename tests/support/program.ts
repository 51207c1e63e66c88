/** Programs of the system, run to their end. */

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** What it printed comes without the blanks at the ends; it is given no input. */
export async function run(program: string, args: readonly string[]): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout).trim(), err: decoder.decode(stderr).trim() };
}

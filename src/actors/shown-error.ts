/** Errors of agents' code as data, cut to what a frame may carry. */

/** Errors of authors can carry anything. */
const longest = 4_000;

export interface ShownError {
  name: string;
  message: string;
  stack: string | null;
}

export function shown(error: unknown): ShownError {
  if (error instanceof Error) {
    return {
      name: String(error.name).slice(0, 200),
      message: String(error.message).slice(0, longest),
      stack: stackOf(error)?.slice(0, longest) ?? null,
    };
  }
  let message: string;
  try {
    message = typeof error === "object" ? JSON.stringify(error) ?? "" : String(error);
  } catch {
    message = String(error);
  }
  return { name: "Error", message: message.slice(0, longest), stack: null };
}

/** Where in the bundle an error of its loading arose: of its stack, the lines that name it. */
export function bundleFrames(error: unknown): string | null {
  const cause = error instanceof Error ? error.cause : null;
  const lines = [cause, error].flatMap((one) => stackOf(one)?.split("\n") ?? []);
  const frames = lines.filter((line) => /<anonymous>:\d+:\d+\)?$/.test(line));
  return frames.length > 0 ? frames.join("\n").slice(0, longest) : null;
}

function stackOf(error: unknown): string | null {
  return error instanceof Error && typeof error.stack === "string" ? error.stack : null;
}

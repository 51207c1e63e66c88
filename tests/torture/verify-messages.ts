/** The stored envelopes against the ids that were acknowledged. Pure: data in, findings out. */
import type { DatabaseFacts } from "./database.ts";

type Stored = Pick<DatabaseFacts, "messageIds" | "openMessages" | "deadLetters" | "integrity">;

/** Every acknowledged id is one row, consumed; no other is there. @returns what does not hold */
export function verifyStored(acknowledged: ReadonlySet<string>, stored: Stored): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  let doubled = 0;
  for (const id of stored.messageIds) {
    if (seen.has(id)) doubled++;
    seen.add(id);
  }
  const lost = [...acknowledged].filter((id) => !seen.has(id)).length;
  const unasked = [...seen].filter((id) => !acknowledged.has(id)).length;
  if (lost > 0) faults.push(`${lost} acknowledged messages are not in the database`);
  if (doubled > 0) faults.push(`${doubled} messages are in the database twice`);
  if (unasked > 0) faults.push(`${unasked} messages in the database were never acknowledged`);
  if (stored.openMessages > 0) faults.push(`${stored.openMessages} messages were not consumed`);
  for (const [name, letters] of group(stored.deadLetters.filter(isFault))) {
    const { receiver, message } = letters[0]!;
    faults.push(`${letters.length} dead letters ${name}, such as to ${receiver}: ${message}`);
  }
  if (stored.integrity !== "ok") faults.push(`integrity_check: ${stored.integrity.slice(0, 300)}`);
  return faults;
}

type Letter = Stored["deadLetters"][number];

/**
 * The ingestor names a second place to a reader that may have ended: that one goes nowhere. What
 * made an agent hang is given up, as it should be.
 */
function isFault({ type, receiver }: Letter): boolean {
  return type !== "source.also" && !receiver.startsWith("/runaways/");
}

function group(letters: readonly Letter[]): Map<string, Letter[]> {
  const groups = new Map<string, Letter[]>();
  for (const letter of letters) {
    const name = `"${letter.type}" (${letter.reason})`;
    groups.set(name, [...(groups.get(name) ?? []), letter]);
  }
  return groups;
}

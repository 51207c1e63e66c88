/// <reference lib="deno.worker" />
/**
 * The storage thread: the one connection that writes, so that no fsync blocks routing. It is never
 * ended by force, as that would leak the connection and its locks; its failure ends the process.
 */
import type { Database } from "libsql";
import { DreamError, toErrorData } from "../errors.ts";
import { HistoryReader } from "./history-reader.ts";
import { Lists } from "./lists.ts";
import { MemoryTables } from "./memory-sql.ts";
import { openDatabase } from "./open-database.ts";
import { OpenWorkReader } from "./open-work-reader.ts";
import { Reader } from "./reader.ts";
import { Retention } from "./retention.ts";
import type { FromStorage, ToStorage } from "./thread-protocol.ts";
import { isUnsynced, Writer } from "./writer.ts";

interface Open {
  db: Database;
  writer: Writer;
  reader: Reader;
  lists: Lists;
  retention: Retention;
  history: HistoryReader;
  openWork: OpenWorkReader;
}

let open: Open | null = null;

function send(message: FromStorage): void {
  self.postMessage(message);
}

function openFile(file: string): void {
  try {
    const db = openDatabase(file);
    const memory = new MemoryTables(db);
    open = {
      db,
      writer: new Writer(db, memory),
      reader: new Reader(db, memory),
      lists: new Lists(file),
      retention: new Retention(db),
      history: new HistoryReader(db),
      openWork: new OpenWorkReader(db),
    };
    send({ t: "opened" });
  } catch (error) {
    send({ t: "refused", error: toErrorData(error) });
  }
}

async function read(id: number, name: string, args: unknown[]): Promise<void> {
  const { reader, lists, retention, history, openWork } = open!;
  const target = [reader, lists, retention, history, openWork].find((one) => name in one)!;
  const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
  try {
    send({ t: "answer", id, value: await method.apply(target, args) });
  } catch (error) {
    // The driver's own message can hold parameters, payloads among them.
    const code = String((error as { code?: unknown }).code ?? (error as Error).name).slice(0, 80);
    const told = error instanceof DreamError
      ? error.toData()
      : { code: "storage_unavailable" as const, message: `Cannot read ${name}: ${code}` };
    send({ t: "failed", id, error: told });
    // Retention writes too.
    if (isUnsynced(code)) send({ t: "lost", code });
  }
}

self.onmessage = ({ data }: MessageEvent<ToStorage>) => {
  switch (data.t) {
    case "open":
      return openFile(data.file);
    case "write":
      return send(open!.writer.write(data.items));
    case "read":
      void read(data.id, data.name, data.args);
      return;
    case "close":
      close();
      send({ t: "closed" });
      self.close();
  }
};

/** Leaves all of it in the one file, so that a copy of that file is a whole backup. */
function close(): void {
  if (!open) return;
  open.lists.close();
  try {
    open.db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  } catch {
    // On a full disk it stays in the file beside it, from where the next start reads it.
  }
  open.db.close();
}

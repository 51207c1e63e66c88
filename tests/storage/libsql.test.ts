import { join } from "node:path";
import Database from "libsql";
import { systemClock } from "../../src/clock.ts";
import { openLibsqlStore } from "../../src/storage/libsql-store.ts";
import { describeStore } from "../contract/store.contract.ts";

describeStore("the libSQL store", async () => {
  const folder = await Deno.makeTempDir();
  // A name that must be quoted wherever it is part of a URL.
  const file = join(folder, "dream #1 100%?.db");
  const open = () => openLibsqlStore({ file, clock: systemClock });
  const opened = {
    store: await open(),
    async reopen() {
      await opened.store.close();
      return opened.store = await open();
    },
    block() {
      const other = new Database(file);
      other.exec("BEGIN IMMEDIATE");
      return () => {
        other.exec("ROLLBACK");
        other.close();
      };
    },
    async close() {
      await opened.store.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
  return opened;
});

/** The tables that the API lists, for drizzle; the schema itself is in migrations/. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const envelopes = sqliteTable("envelopes", {
  key: integer().notNull(),
  lane: integer().notNull(),
  seq: integer().notNull(),
  id: text().notNull(),
  kind: integer().notNull(),
  receiver: text().notNull(),
  sender: text().notNull(),
  type: text().notNull(),
  sent_at_ms: integer().notNull(),
  expires_at_ms: integer(),
  attempt: integer().notNull(),
  hops: integer().notNull(),
  cause: text(),
  correlation: text(),
  reply_to: text(),
  trace: text(),
  payload: text().notNull(),
});

export const deadLetters = sqliteTable("dead_letters", {
  id: integer().primaryKey(),
  receiver: text().notNull(),
  reason: text().notNull(),
  message: text().notNull(),
  envelope: text().notNull(),
  state: text(),
  deadAtMs: integer("dead_at_ms").notNull(),
});

export const events = sqliteTable("events", {
  id: integer().primaryKey(),
  atMs: integer("at_ms").notNull(),
  type: text().notNull(),
  address: text(),
  data: text().notNull(),
});

import type { DatabaseSync } from 'node:sqlite';
import { StoreUnusable } from './errors.ts';
import { value } from './database.ts';

/** What the tables below are; a store written by a newer version is left alone. */
const FORMAT = 1;

const TABLES = `
create table meta (key text primary key, value) without rowid;
-- The log. Documents, records and heads as block-codec packs them; digests and hash as chain.ts defines them.
create table block (
  first integer primary key, last integer not null, epoch integer not null, previous blob not null, hash blob not null,
  digests blob not null, heads_hash blob not null, documents blob not null, records blob not null, heads blob not null,
  stored_at integer not null
);
-- Ranges of sequence numbers whose events were lost to damage, and the damaged rows as they were found.
create table lost (first integer primary key, last integer not null, why text not null);
create table damaged (first integer primary key, found_at integer not null, documents blob, records blob, heads blob);
create table source (
  name text primary key, checkpoint text not null, events integer not null, gaps integer not null, stored_at integer not null
) without rowid;
create table learned (source text not null, bucket text not null, value blob not null, primary key (source, bucket)) without rowid;
-- cursor = start + acknowledged + filtered + expired + rejected + purged + lost, at every commit.
create table consumer (
  name text primary key, start integer not null, cursor integer not null, acknowledged integer not null,
  duplicates integer not null, filtered integer not null, expired integer not null, rejected integer not null,
  purged integer not null, lost integer not null
) without rowid;
-- Events that a destination will never take, whole: document, record and head packed together.
create table dead_letter (
  consumer text not null, sequence integer not null, id text not null, reason text not null, at integer not null,
  event blob not null, primary key (consumer, sequence)
) without rowid;
`;

/** Creates the tables in a new database, or checks that those there are ours. */
export function prepareTables(database: DatabaseSync): void {
  const found = Number(value(database, "select count(*) from sqlite_schema where name = 'meta'"));
  if (found === 0) {
    database.exec(`begin immediate; ${TABLES} insert into meta values ('format', ${FORMAT}); commit`);
    return;
  }
  const format = Number(value(database, "select value from meta where key = 'format'"));
  if (format !== FORMAT) {
    throw new StoreUnusable(
      `the store has format ${format} and this version reads ${FORMAT}: use the version that wrote it, or another data_dir`,
    );
  }
}

export const meta = (database: DatabaseSync, key: string): unknown =>
  value(database, 'select value from meta where key = ?', key);

export function setMeta(database: DatabaseSync, key: string, to: string | number | Uint8Array): void {
  database.prepare('insert or replace into meta values (?, ?)').run(key, to);
}

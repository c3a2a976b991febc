import { closeSync, existsSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { checkpoint, durable, PAGE_BYTES, pragma, transaction } from './database.ts';

/** So many pages in the log begin a checkpoint. */
export const CHECKPOINT_PAGES = 1_000;
/**
 * Most that the write-ahead log may grow to: `CHECKPOINT_PAGES`, and one commit of `COMMIT_BYTES_MAX` with what it moves.
 * Kept beside the database in the spool's size.
 */
const WAL_BYTES = 32 * 1024 * 1024;
/** https://sqlite.org/fileformat2.html#the_write_ahead_log */
const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + PAGE_BYTES;
/** What blocks never use, so that cursors and dead letters always have room. */
export const RESERVE_BYTES = 4 * 1024 * 1024;

const FILLER_ROW_BYTES = 1024 * 1024;
const FILLER_ROWS_PER_COMMIT = 8;

/**
 * Takes the spool's whole size from the disk once, so that another program that fills it up stops nothing: the database is
 * filled and emptied again (SQLite keeps the pages), and the log is grown by one large commit and never truncated.
 */
export function reserve(database: DatabaseSync, sizeBytes: number, progress: (bytes: number) => void): void {
  const pages = pagesOf(sizeBytes);
  database.exec(`pragma max_page_count = ${pages}; drop table if exists filler; create table filler(data blob)`);
  const fill = database.prepare(`insert into filler values (zeroblob(${FILLER_ROW_BYTES}))`);
  const rowPages = FILLER_ROW_BYTES / PAGE_BYTES + 2;
  const room = (): boolean => pages - Number(pragma(database, 'page_count')) > rowPages;
  for (let rows = 0; room(); rows += FILLER_ROWS_PER_COMMIT) {
    transaction(database, () => {
      for (let i = 0; i < FILLER_ROWS_PER_COMMIT && room(); i++) fill.run();
    });
    checkpoint(database);
    progress(Math.min((rows + FILLER_ROWS_PER_COMMIT) * FILLER_ROW_BYTES, sizeBytes));
  }
  database.exec('drop table filler');
  checkpoint(database);
}

/** Pages of the database itself in a spool of this size. */
export const pagesOf = (sizeBytes: number): number => Math.floor((sizeBytes - WAL_BYTES) / PAGE_BYTES);

/**
 * Grows the log to its bound, where it stays, by many small commits without a checkpoint; they hold nothing that matters,
 * so they need no fsync of their own.
 */
export function growLog(database: DatabaseSync, logPath: string): void {
  checkpoint(database); // so that the log starts over with the first of them
  const frames = Math.floor((WAL_BYTES - WAL_HEADER_BYTES) / FRAME_BYTES);
  if (existsSync(logPath) && statSync(logPath).size >= WAL_HEADER_BYTES + frames * FRAME_BYTES) return;
  database.exec('pragma synchronous = off');
  const touch = database.prepare("insert or replace into meta values ('grown', ?)");
  for (let i = 0; i < frames; i++) touch.run(i);
  durable(database);
  checkpoint(database);
}

/** Free bytes in pages the database already has, or may still take. */
export function freeBytes(database: DatabaseSync): number {
  const free = Number(pragma(database, 'freelist_count'));
  const unused = Number(pragma(database, 'max_page_count')) - Number(pragma(database, 'page_count'));
  return (free + unused) * PAGE_BYTES;
}

export const totalBytes = (database: DatabaseSync): number => Number(pragma(database, 'max_page_count')) * PAGE_BYTES;

/** A clean close deletes the log: this keeps its place on the disk until the next start gives it back. */
export function placeBallast(path: string): void {
  const file = openSync(path, 'w', 0o600);
  try {
    const piece = Buffer.alloc(1024 * 1024);
    for (let at = 0; at < WAL_BYTES; at += piece.length) writeSync(file, piece);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export const releaseBallast = (path: string): void => rmSync(path, { force: true });

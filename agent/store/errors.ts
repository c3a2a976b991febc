/** The disk failed to read, write or sync, or what it gave back is damaged: the agent exits with 74 and recovers by a restart. */
export class StorageFailed extends Error {
  override readonly name = 'StorageFailed';
}

/** Another process holds the store. */
export class StoreInUse extends Error {
  override readonly name = 'StoreInUse';
}

/** The store cannot be opened as it is configured or where it lies; the message says what to do. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

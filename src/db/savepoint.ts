/** The transaction is lost as a whole, with everybody's part of it; `cause` says what did it. */
export class TransactionLost extends Error {
  constructor(cause: unknown) {
    super("the transaction was lost with one of its parts", { cause });
    this.name = "TransactionLost";
  }
}

/**
 * Runs a part of a transaction that can fail without the rest: what it changed is undone when it throws, and what it
 * threw passes through. Standard SQL, the same for both databases; parts may be nested.
 *
 * Throws `TransactionLost` if the database gave up the whole transaction, as SQLite does on a full disk.
 *
 * @param control runs one statement without parameters or answer
 */
export async function runSavepoint<T>(
  control: (statement: string) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  await control("SAVEPOINT part");
  let failure: { readonly error: unknown } | undefined;
  const result = await work().catch((error: unknown) => {
    failure = { error };
  });
  try {
    if (failure !== undefined) await control("ROLLBACK TO SAVEPOINT part");
    await control("RELEASE SAVEPOINT part");
  } catch (error) {
    throw new TransactionLost(failure?.error ?? error);
  }
  if (failure !== undefined) throw failure.error;
  return result as T;
}

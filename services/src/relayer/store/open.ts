/** The relayer's file: what it took, what it sent, and what the chain said of it. */
import { ServiceError } from "../../errors.ts";
import { openStore, type Store } from "../../store/open.ts";

/** Integers of 32 bits and unix seconds are INTEGER; amounts are decimal TEXT; bytes are hexadecimal TEXT or BLOB. */
const MIGRATIONS = [
  `CREATE TABLE owner (chain TEXT NOT NULL, market TEXT NOT NULL, account TEXT NOT NULL) STRICT;

   CREATE TABLE strips (
     number INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, community INTEGER NOT NULL, period INTEGER NOT NULL,
     member INTEGER NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, fee_to TEXT NOT NULL, packed BLOB NOT NULL,
     uses TEXT NOT NULL, gate INTEGER NOT NULL, closes INTEGER NOT NULL, received INTEGER NOT NULL, receipt TEXT NOT NULL,
     state TEXT NOT NULL, batch TEXT, tries INTEGER NOT NULL DEFAULT 0, reason TEXT, block INTEGER, tx TEXT, refused TEXT
   ) STRICT;
   CREATE INDEX strips_by_state ON strips (state, community, period);
   CREATE INDEX strips_by_block ON strips (block) WHERE block IS NOT NULL;

   CREATE TABLE readings (
     number INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, community INTEGER NOT NULL, period INTEGER NOT NULL,
     member INTEGER NOT NULL, body TEXT NOT NULL, received INTEGER NOT NULL, state TEXT NOT NULL, batch TEXT,
     tries INTEGER NOT NULL DEFAULT 0, reason TEXT, block INTEGER, tx TEXT
   ) STRICT;
   CREATE INDEX readings_by_state ON readings (state, community, period);
   CREATE INDEX readings_by_block ON readings (block) WHERE block IS NOT NULL;

   CREATE TABLE requests (key TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT, WITHOUT ROWID;

   CREATE TABLE batches (
     key TEXT PRIMARY KEY, kind TEXT NOT NULL, community INTEGER NOT NULL, period INTEGER NOT NULL, target TEXT NOT NULL,
     data TEXT NOT NULL, gas TEXT NOT NULL, expires INTEGER NOT NULL, open INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE items (
     batch TEXT NOT NULL REFERENCES batches (key), place INTEGER NOT NULL, digest TEXT NOT NULL, member INTEGER NOT NULL,
     PRIMARY KEY (batch, place)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE followed (id INTEGER PRIMARY KEY, names TEXT NOT NULL) STRICT;
   CREATE TABLE anchors (block INTEGER PRIMARY KEY, hash TEXT NOT NULL) STRICT;
   CREATE TABLE records (
     block INTEGER NOT NULL, log INTEGER NOT NULL, place INTEGER NOT NULL, tx TEXT NOT NULL, community INTEGER NOT NULL,
     period INTEGER NOT NULL, module INTEGER NOT NULL, member INTEGER NOT NULL, head TEXT NOT NULL, digest TEXT NOT NULL,
     payload TEXT NOT NULL, PRIMARY KEY (block, log, place)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX records_by_period ON records (community, period, member);
   CREATE TABLE skips (
     block INTEGER NOT NULL, log INTEGER NOT NULL, tx TEXT NOT NULL, member INTEGER NOT NULL, place INTEGER, reason TEXT NOT NULL,
     PRIMARY KEY (block, log)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX skips_by_tx ON skips (tx);
   CREATE TABLE cleared (
     community INTEGER NOT NULL, slot INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (community, slot)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE metered (
     community INTEGER NOT NULL, period INTEGER NOT NULL, member INTEGER NOT NULL, block INTEGER NOT NULL, tx TEXT NOT NULL,
     body TEXT NOT NULL, gap_leg TEXT NOT NULL, settled INTEGER, PRIMARY KEY (community, period, member)
   ) STRICT, WITHOUT ROWID;`,

  // Estimates, for corrections. Sealed communities: what the commit book said, and what the relayer commits to. All logs are read anew.
  `DELETE FROM followed;
   CREATE TABLE estimates (
     community INTEGER NOT NULL, period INTEGER NOT NULL, member INTEGER NOT NULL, block INTEGER NOT NULL, corrected INTEGER,
     PRIMARY KEY (community, period, member)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE voids (
     community INTEGER NOT NULL, period INTEGER NOT NULL, member INTEGER NOT NULL, module INTEGER NOT NULL, block INTEGER NOT NULL,
     PRIMARY KEY (community, period, member, module)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE firsts (community INTEGER PRIMARY KEY, period INTEGER NOT NULL) STRICT;
   CREATE INDEX requests_by_digest ON requests (digest);
   CREATE INDEX batches_by_period ON batches (community, period);
   CREATE TABLE commits (
     community INTEGER NOT NULL, period INTEGER NOT NULL, place INTEGER NOT NULL, relayer TEXT NOT NULL, named INTEGER NOT NULL,
     root TEXT NOT NULL, chunks INTEGER NOT NULL, strips INTEGER NOT NULL, block INTEGER NOT NULL, tx TEXT NOT NULL,
     PRIMARY KEY (community, period, place)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE reveals (
     community INTEGER NOT NULL, period INTEGER NOT NULL, place INTEGER NOT NULL, chunk INTEGER NOT NULL, block INTEGER NOT NULL,
     tx TEXT NOT NULL, PRIMARY KEY (community, period, place, chunk)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE challenges (
     community INTEGER NOT NULL, period INTEGER NOT NULL, place INTEGER NOT NULL, strip TEXT NOT NULL, block INTEGER NOT NULL,
     answered INTEGER, PRIMARY KEY (community, period, place, strip)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE fates (
     community INTEGER NOT NULL, period INTEGER NOT NULL, place INTEGER NOT NULL, fate TEXT NOT NULL, block INTEGER NOT NULL,
     PRIMARY KEY (community, period, place)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE bundles (
     community INTEGER NOT NULL, period INTEGER NOT NULL, root TEXT NOT NULL, chunks INTEGER NOT NULL, gate INTEGER NOT NULL,
     PRIMARY KEY (community, period)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE chunks (
     community INTEGER NOT NULL, period INTEGER NOT NULL, chunk INTEGER NOT NULL, strips INTEGER NOT NULL, bytes BLOB NOT NULL,
     PRIMARY KEY (community, period, chunk)
   ) STRICT;
   CREATE TABLE bundled (
     digest TEXT PRIMARY KEY, community INTEGER NOT NULL, period INTEGER NOT NULL, chunk INTEGER NOT NULL, place INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX bundled_by_place ON bundled (community, period, chunk, place);
   CREATE INDEX strips_by_batch ON strips (batch) WHERE batch IS NOT NULL;`,

  `CREATE INDEX strips_withdrawn ON strips (community, period, member) WHERE state = 'withdrawn';`,
];

/** Whose file it is. */
export interface StoreOwner {
  readonly chainId: bigint;
  /** The order book whose deployment it serves. */
  readonly market: string;
  readonly account: string;
}

/**
 * Opens the file of a relayer's account on a deployment.
 * @throws ServiceError OUTBOX_MISMATCH where it belongs to another one
 * @throws As `openStore`.
 */
export function openRelayerStore(path: string, { chainId, market, account }: StoreOwner): Store {
  const store = openStore(path, MIGRATIONS);
  const own = { chain: String(chainId), market: market.toLowerCase(), account: account.toLowerCase() };
  const found = store.prepare<[], typeof own>("SELECT chain, market, account FROM owner").get();
  if (found === undefined) {
    store
      .prepare("INSERT INTO owner (chain, market, account) VALUES (?, ?, ?)")
      .run(own.chain, own.market, own.account);
  } else if (found.chain !== own.chain || found.market !== own.market || found.account !== own.account) {
    store.close();
    const belongs = `${path} belongs to account ${found.account} and order book ${found.market} on chain ${found.chain}`;
    throw new ServiceError("OUTBOX_MISMATCH", `${belongs}. Give this relayer a file of its own.`);
  }
  return store;
}

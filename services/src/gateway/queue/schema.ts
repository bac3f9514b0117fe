/** Tables of the queue. Times are unix seconds, energies Wh; both are integers of 63 bits. */

export const MIGRATIONS = [
  `
  -- A meter of the configuration. Boundaries up to "frozen" are in a reading and do not change any more.
  CREATE TABLE meters (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    frozen INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  -- What a meter showed, and what it has counted since its first sample through rollovers, resets and swaps.
  -- carried: bit 0 the import register, bit 1 the export register stood in another message.
  -- complete: 0 where energy before the sample went uncounted.
  CREATE TABLE samples (
    meter INTEGER NOT NULL REFERENCES meters,
    at INTEGER NOT NULL,
    shown_import INTEGER NOT NULL,
    shown_export INTEGER NOT NULL,
    import_wh INTEGER NOT NULL,
    export_wh INTEGER NOT NULL,
    serial TEXT,
    carried INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    PRIMARY KEY (meter, at)
  ) STRICT, WITHOUT ROWID;

  -- One register of a meter that has not shown the other yet.
  CREATE TABLE halves (
    meter INTEGER NOT NULL REFERENCES meters,
    side TEXT NOT NULL CHECK (side IN ('import', 'export')),
    at INTEGER NOT NULL,
    wh INTEGER NOT NULL,
    PRIMARY KEY (meter, side)
  ) STRICT, WITHOUT ROWID;

  -- Registers at the start of a slot. quality: 0 measured, 1 interpolated, 2 gap.
  CREATE TABLE slots (
    meter INTEGER NOT NULL REFERENCES meters,
    slot INTEGER NOT NULL,
    import_wh INTEGER NOT NULL,
    export_wh INTEGER NOT NULL,
    quality INTEGER NOT NULL CHECK (quality BETWEEN 0 AND 2),
    PRIMARY KEY (meter, slot)
  ) STRICT, WITHOUT ROWID;

  -- Readings and strips on their way. Once signed the body never changes: only these bytes are handed over.
  CREATE TABLE outbox (
    kind TEXT NOT NULL CHECK (kind IN ('reading', 'strip')),
    community INTEGER NOT NULL,
    member INTEGER NOT NULL,
    period INTEGER NOT NULL,
    -- Frontier of a strip; 0 for a reading.
    part INTEGER NOT NULL,
    body TEXT NOT NULL,
    digest TEXT NOT NULL,
    signature TEXT,
    state TEXT NOT NULL CHECK (state IN ('made', 'signed', 'accepted', 'refused')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try INTEGER NOT NULL DEFAULT 0,
    answer TEXT,
    PRIMARY KEY (kind, community, member, period, part)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX outbox_waiting ON outbox (kind, next_try) WHERE state IN ('made', 'signed');

  -- The last messages that were refused, for the operator.
  CREATE TABLE refusals (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    meter TEXT,
    code TEXT NOT NULL,
    message TEXT NOT NULL
  ) STRICT;
`,
  `
  -- Samples whose meter and gateway disagree about the time, as they came; NULL for a register that did not come.
  -- steady: seconds on the machine's steady clock when it arrived, which counts since "boot".
  -- from_origin, until_origin: the meter was right if that clock showed 0 at a unix time from one to the other.
  CREATE TABLE held (
    id INTEGER PRIMARY KEY,
    meter INTEGER NOT NULL REFERENCES meters,
    at INTEGER NOT NULL,
    import_wh INTEGER,
    export_wh INTEGER,
    wrap_wh INTEGER,
    serial TEXT,
    after_gap INTEGER NOT NULL,
    boot TEXT NOT NULL,
    steady INTEGER NOT NULL,
    from_origin INTEGER NOT NULL,
    until_origin INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX held_by_meter ON held (meter, id);

  CREATE INDEX samples_incomplete ON samples (meter, at) WHERE complete = 0;

  -- What the chain said last: with it samples are taken in before the node answers.
  CREATE TABLE chain (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`,
];

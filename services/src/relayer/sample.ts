/** A configuration to begin with. Values are the defaults where there are any. */
export const SAMPLE = `// A relayer of Wattbook. Paths count from this file's folder; secrets stand in files of mode 600.
{
  // Contracts of the network, as the deploy script wrote them.
  "deployment": "deployment.json",
  // The relayer's own files, for one process at a time; back them up together.
  "folder": "relayer",
  "node": {
    // Nodes of one chain; the next one takes over where one fails. One with a key in it goes into a file: RPC_URL_FILE.
    "urls": ["http://127.0.0.1:8545"],
    "timeoutMs": 10000,
    // Milliseconds between two looks at the chain.
    "pollMs": 1000,
    // Blocks after which a transaction counts as final.
    "confirmations": 2
  },
  // Pays for gas, signs receipts. Without passwordFile the variable KEY_PASSWORD_FILE names one, else a person is asked.
  "key": { "file": "keys/relayer.json", "passwordFile": "keys/password" },
  "communities": [0],
  // Wei per gas: offered at most, and to the block's maker at least.
  "fees": { "cap": "100000000000", "leastTip": "1000000" },
  // Base units that a strip has to offer per order.
  "leastFeePerEntry": "0",
  // Seconds before its first gate: a strip is posted; a strip is not taken any more.
  "lead": 120,
  "margin": 30,
  // Seconds after its period from which on a reading is handed in although its slots are not clear.
  "patience": 3600,
  // The API for members.
  "listen": { "host": "127.0.0.1", "port": 8080 },
  // /healthz, /readyz and /metrics. Not for the internet.
  "operation": { "host": "127.0.0.1", "port": 9090 },
  "limits": {
    // Bytes; requests per minute; messages per minute; strips of a period that are taken back; open streams, and those of one address.
    "body": 65536,
    "perAddress": 6000,
    "perMember": 30,
    "withdrawals": 32,
    "streams": 1000,
    "streamsPerAddress": 50,
    // Whether a proxy in front tells who asks, in x-forwarded-for.
    "proxy": false
  },
  // fatal, error, warn, info, debug, trace or silent
  "log": "info"
}
`;

/** A configuration to begin with. Values are the defaults where there are any. */
export const SAMPLE = `// A gateway of Wattbook. Paths count from this file's folder; secrets stand in files of mode 600.
{
  // Contracts of the network, as the deploy script wrote them.
  "deployment": "deployment.json",
  "node": {
    // Nodes of one chain; the next one takes over where one fails. One with a key in it goes into a file: RPC_URL_FILE.
    "urls": ["http://127.0.0.1:8545"],
    "timeoutMs": 10000
  },
  // Everything that the gateway has to know after a crash; made where it is missing.
  "queue": "gateway.sqlite",
  "relayer": {
    "url": "http://127.0.0.1:8080",
    // Base units of the payment token that it may ask for an order.
    "mostFeePerEntry": "0"
    // "tokenFile": "relayer.token"
  },
  "meters": [
    {
      "name": "home",
      // Most power in either direction, W: a register that moves faster is refused.
      "maxW": 17250,
      "registers": ["import", "export"],
      // What to do with a register that falls: "refuse" it, or count from 0 ("reset").
      "onFall": "refuse",
      // Seconds: a longer pause between samples is a gap; how far clocks may differ; how late samples may come.
      "maxGap": 7200,
      "clockTolerance": 300,
      "maxLate": 259200
    }
  ],
  "members": [
    {
      "community": 0,
      "member": 4,
      "meter": "home",
      // Without passwordFile the variable KEY_PASSWORD_FILE names one for all keys, else a person is asked.
      "meterKey": { "file": "keys/meter.json", "passwordFile": "keys/password" },
      "acceptGaps": false
      // A member that trades; prices in base units of the payment token per Wh.
      // "trade": { "tradingKey": { "file": "keys/trading.json" }, "buy": 240, "sell": 100, "leadTime": 21600 }
    }
  ],
  "adapters": [
    // P1 port over TCP; winterHours: of the meter's clock east of Greenwich.
    { "type": "p1-tcp", "meter": "home", "host": "192.168.1.20", "port": 23, "every": 60, "winterHours": 1 }
    // { "type": "p1-serial", "meter": "home", "path": "/dev/serial/by-id/usb-p1" }
    // { "type": "sunspec", "meter": "home", "host": "192.168.1.30", "port": 502, "unit": 1 }
    // { "type": "http", "host": "127.0.0.1", "port": 8081, "tokenFiles": { "home": "home.token" } }
    // { "type": "csv", "path": "registers.csv", "values": "register" }
    // {
    //   "type": "mqtt", "url": "mqtts://broker.example:8883", "clientId": "gateway-1",
    //   "username": "gateway", "passwordFile": "mqtt.password", "caFile": "ca.pem",
    //   "topics": [{ "topic": "meters/{meter}", "import": { "path": "import", "unit": "kWh" }, "timePath": "at" }]
    // }
  ],
  // Seconds after a period's end: its reading is made; a period with gaps is left to be estimated.
  "signAfter": 900,
  "giveUpAfter": 86400,
  // /healthz, /readyz and /metrics. Not for the internet.
  "operation": { "host": "127.0.0.1", "port": 9091 },
  // fatal, error, warn, info, debug, trace or silent
  "log": "info"
}
`;

import { saveCredential } from "../../src/adapters/credentials-docker/saved-credentials.js";

// Logs in to hosts of its own, one after the other, and says when it is ready for the race.
const [lane, rounds] = process.argv.slice(2);
process.stdout.write("ready\n");
await new Promise((go) => process.stdin.once("data", go));
for (let round = 0; round < Number(rounds); round++) {
  const credential = { kind: "password", username: `lane${lane}`, password: `round${round}` } as const;
  await saveCredential(`l${lane}-r${round}.example.com`, credential);
}
process.exit(0);

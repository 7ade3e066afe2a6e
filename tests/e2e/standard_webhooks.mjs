// Asks the Standard Webhooks project's own library: {"secret","headers","body"} on stdin; says valid, or why not.
import fs from 'node:fs';
import { Webhook } from 'standardwebhooks';

const { secret, headers, body } = JSON.parse(fs.readFileSync(0, 'utf8'));
try {
  const event = new Webhook(secret).verify(body, headers);
  console.log(`valid ${event.event}`);
} catch (error) {
  console.log(`invalid: ${error.message}`);
}

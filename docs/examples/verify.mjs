// A whole receiver for crewshipd's deliveries, with nothing but Node's own modules.
//
//   CREWSHIP_SECRET=whsec_… node verify.mjs [PORT]
//
// It signs the body written anew from the parsed object, for that is what a handler behind a JSON middleware has. The raw
// body does as well.
import crypto from 'node:crypto';
import http from 'node:http';

const secret = process.env.CREWSHIP_SECRET;
const toleranceSeconds = 300;
const seen = new Set(); // delivery ids; a real receiver keeps them in its database

function valid(secret, timestamp, body, signature) {
  const expected = 'sha256=' + crypto.createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return signature.length === expected.length && crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

function recent(timestamp) {
  return /^\d+$/.test(timestamp) && Math.abs(Date.now() / 1000 - Number(timestamp)) <= toleranceSeconds;
}

function handle({ event, data }) {
  console.log(`${event} ${data.run_id}: ${JSON.stringify(data.output)}`);
}

async function receive(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  let parsed;
  try {
    parsed = JSON.parse(Buffer.concat(chunks).toString('utf8')); // what express.json() does
  } catch {
    return 400;
  }
  const timestamp = request.headers['x-crewship-timestamp'] ?? '';
  const signature = request.headers['x-crewship-signature'] ?? '';
  const delivery = request.headers['x-crewship-delivery'] ?? '';
  if (!recent(timestamp) || !valid(secret, timestamp, JSON.stringify(parsed), signature)) {
    console.log(`refused ${delivery}: the signature is not valid`);
    return 401;
  }
  if (seen.has(delivery)) { // a delivery may come more than once
    console.log(`seen before: ${delivery}`);
    return 204;
  }
  handle(parsed);
  seen.add(delivery);
  return 204;
}

if (!secret) throw new Error('CREWSHIP_SECRET is not set');
const server = http.createServer(async (request, response) => response.writeHead(await receive(request)).end());
server.listen(Number(process.argv[2] ?? 9000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});

// A receiver of deliveries that keeps them and answers what it is told.
import crypto from 'node:crypto';
import http from 'node:http';

import { patience } from './browser.mjs';

export class Receiver {
  received = [];
  answer = { status: 200, body: 'thank you' };
  #waiting = [];

  static async start() {
    const receiver = new Receiver();
    receiver.server = http.createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      receiver.received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(receiver.answer.status, receiver.answer.headers ?? {}).end(receiver.answer.body);
      receiver.#waiting = receiver.#waiting.filter((waits) => !waits());
    });
    await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    receiver.url = `http://127.0.0.1:${receiver.server.address().port}/hook`;
    return receiver;
  }

  // Resolves with the nth delivery (counted from 1) once it is there.
  delivery(n) {
    return new Promise((resolve, reject) => {
      const give_up = setTimeout(() => reject(new Error(`delivery ${n} did not come`)), patience);
      const there = () => {
        if (this.received.length < n) return false;
        clearTimeout(give_up);
        resolve(this.received[n - 1]);
        return true;
      };
      if (!there()) this.#waiting.push(there);
    });
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

export function is_signed(secret, { headers, body }) {
  const signed = crypto.createHmac('sha256', secret).update(`${headers['x-crewship-timestamp']}.${body}`).digest('hex');
  return headers['x-crewship-signature'] === `sha256=${signed}`;
}

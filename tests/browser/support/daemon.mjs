// The real daemon in a folder of its own, and its API.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const binary = process.env.CREWSHIPD_BINARY;
if (!binary) throw new Error('CREWSHIPD_BINARY names the daemon to test');

export class Daemon {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crewship-browser-'));
  #process;
  #log = '';
  #config;
  url = '';

  constructor(config = {}) {
    this.#config = {
      listen: '127.0.0.1:0',
      data_dir: path.join(this.#folder, 'data'),
      executor: { kill_grace: '300ms', drain_timeout: '300ms' },
      delivery: { retry_schedule: ['20ms', '1h'], allow: ['127.0.0.1/32'] },
      ...config,
    };
  }

  static async start(config) {
    const daemon = new Daemon(config);
    await daemon.start();
    return daemon;
  }

  async start() {
    const file = path.join(this.#folder, 'config.json');
    fs.writeFileSync(file, JSON.stringify(this.#config));
    this.#log = '';
    this.#process = spawn(binary, ['serve', '--config', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: this.#folder,
      env: { PATH: process.env.PATH, HOME: this.#folder, LANG: 'C.UTF-8' },
    });
    const child = this.#process;
    this.url = await new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}:\n${this.#log}`)));
      child.stderr.setEncoding('utf8').on('data', (text) => {
        this.#log += text;
        const listening = /listening .*?url=(http:\/\/[^ \n]+)/.exec(this.#log);
        if (listening) resolve(listening[1]);
      });
    });
    // It answers 503 until it is ready.
    while (!(await fetch(`${this.url}/readyz`).catch(() => null))?.ok);
    // The next start is at the same address, as a restart is.
    this.#config.listen = new URL(this.url).host;
  }

  async stop(signal = 'SIGTERM') {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  async close() {
    await this.stop('SIGKILL');
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  // Changes the database of a daemon that is stopped.
  sql(statements) {
    execFileSync('sqlite3', [path.join(this.#folder, 'data/crewship.db')], { input: statements });
  }

  get key() {
    return fs.readFileSync(path.join(this.#folder, 'data/admin.key'), 'utf8').trim();
  }

  get log() {
    return this.#log;
  }

  async api(method, where, body) {
    const response = await fetch(this.url + where, {
      method,
      headers: { Authorization: `Bearer ${this.key}`, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  get(where) {
    return this.api('GET', where);
  }

  post(where, body) {
    return this.api('POST', where, body);
  }

  // A deployment whose version runs a shell script, live in production.
  async deployment(name, script, extra = {}) {
    const deployment = await this.post('/v1/deployments', { name });
    await this.post(`/v1/deployments/${deployment.id}/versions`, {
      runner: { type: 'command', command: ['sh', '-c', script] },
      environment: 'production',
      ...extra,
    });
    return deployment;
  }

  run(deployment, input = {}) {
    return this.post('/v1/runs', { deployment_id: deployment.id, input });
  }

  async ended_run(deployment, input) {
    const { run_id } = await this.run(deployment, input);
    for (;;) {
      const run = await this.get(`/v1/runs/${run_id}`);
      if (run.completed_at) return run;
    }
  }

  outgoing(deployment, name, url, extra = {}) {
    return this.post(`/v1/deployments/${deployment.id}/outgoing-webhooks`, {
      name,
      url,
      events: ['run.succeeded', 'run.failed'],
      ...extra,
    });
  }
}

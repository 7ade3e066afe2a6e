// A server as it looks after some days of work, to look at its screens.
import { Daemon } from './daemon.mjs';
import { Receiver } from './receiver.mjs';

const research = `
echo "plan: 4 steps for \\"$(cat | sed 's/.*"topic":"\\([^"]*\\)".*/\\1/')\\"" >&2
printf '{"type":"task.started","data":{"task":"search","agent":"Researcher"}}\\n' >&"$CREWSHIP_EVENTS_FD"
for i in 1 2 3; do echo "reading source $i of 3" >&2; done
printf '{"type":"tool_use","data":{"name":"search","query":"open standards for webhooks","results":12}}\\n' >&"$CREWSHIP_EVENTS_FD"
echo "writing the summary" >&2
printf '{"summary":"Three of four sources agree.","sources":[{"title":"Standard Webhooks","score":0.94},{"title":"CloudEvents","score":0.81}],"tokens":4812}'`;

// What the daemon counted in the last week, a row each half hour.
function past() {
  const rows = Array.from({ length: 336 }, (_, index) => {
    const minute = Math.floor(Date.now() / 60_000) - 5 - index * 30;
    const hour = Math.floor(minute / 60) % 24;
    const busy = Math.round(14 + 10 * Math.sin(((hour - 8) / 24) * 2 * Math.PI) + ((index * 7919) % 5));
    const failed = index % 9 === 4 ? 1 + (index % 3) : 0;
    return [minute, busy, failed, index % 23 === 7 ? 1 : 0];
  });
  const runs = rows.map(([minute, ok, failed, canceled]) => `(${minute}, 'production', ${ok}, ${failed}, ${canceled})`);
  const deliveries = rows.map(([minute, ok, failed]) => `(${minute}, 'production', ${2 * ok - failed}, ${failed})`);
  return `INSERT INTO run_minutes(minute, environment, succeeded, failed, canceled) VALUES ${runs};
    INSERT INTO delivery_minutes(minute, environment, succeeded, failed) VALUES ${deliveries};`;
}

export async function sample() {
  const [daemon, receiver, broken] = await Promise.all([Daemon.start(), Receiver.start(), Receiver.start()]);
  await daemon.stop();
  daemon.sql(past());
  await daemon.start();
  broken.answer = { status: 503, body: '{"error":"database is down"}' };
  const crew = await daemon.deployment('research-crew', research, { env: { MODEL: 'large' }, timeout_seconds: 600 });
  await daemon.post(`/v1/deployments/${crew.id}/versions`, {
    runner: { type: 'command', command: ['python3', 'crew.py', '--model', 'large'], working_dir: '/srv/crew' },
    env: { MODEL: 'large', REGION: 'eu' },
  });
  await daemon.post(`/v1/deployments/${crew.id}/versions`, {
    runner: { type: 'builtin', handler: 'echo' },
    environment: 'staging',
  });
  const hooks = `/v1/deployments/${crew.id}/incoming-webhooks`;
  const ci = await daemon.post(hooks, { name: 'ci' });
  await daemon.post(hooks, { name: 'nightly', environment: 'staging' });
  await daemon.outgoing(crew, 'results', receiver.url, { headers: { Authorization: 'Bearer secret' } });
  const slack = await daemon.outgoing(crew, 'slack', broken.url);

  const triage = await daemon.deployment('support-triage', 'echo "mailbox is locked by another process" >&2; exit 3');
  await daemon.deployment('nightly-report', 'sleep 600');

  const trigger = (topic) =>
    fetch(ci.url, { method: 'POST', body: JSON.stringify({ topic, year: '2025', tags: ['ai', 'agents'] }) }).then((answer) =>
      answer.json(),
    );
  for (const topic of ['open standards', 'AI agents', 'robotics', 'batteries', 'AI agents', 'shipping']) await trigger(topic);
  const { run_id } = await trigger('open standards');
  await receiver.delivery(7);
  await broken.delivery(14);
  for (let i = 0; i < 3; i++) await daemon.ended_run(triage, { mailbox: 'support' });
  const { deployments } = await daemon.get('/v1/deployments');
  await daemon.run(deployments.find(({ name }) => name === 'nightly-report'), { day: 'monday' });
  const failed = await daemon.ended_run(triage, { mailbox: 'billing' });
  const waiting = (await daemon.get(`/v1/outgoing-webhooks/${slack.id}/deliveries`)).deliveries[0];
  return {
    daemon,
    crew,
    slack,
    run_id,
    failed_run_id: failed.id,
    delivery_id: waiting.id,
    close: async () => {
      receiver.close();
      broken.close();
      await daemon.close();
    },
  };
}

// A program in another language beside our workers: it looks into our queue and adds jobs to it.
// node client.mjs <Redis address> look | add <webhook id> | steal
import { Queue, QueueEvents, Worker } from "bullmq";

const [address, command, argument] = process.argv.slice(2);
const url = new URL(address);
const connection = {
  host: url.hostname,
  port: Number(url.port),
  password: decodeURIComponent(url.password),
  maxRetriesPerRequest: null,
};
const NAME = "whatsapp-messages";
const queue = new Queue(NAME, { connection });

async function look() {
  const counts = await queue.getJobCounts("waiting", "prioritized", "active", "delayed", "completed", "failed");
  const jobs = await queue.getJobs(["waiting", "prioritized"], 0, -1, true);
  return { counts, jobs: jobs.map(({ id, name, data, opts }) => ({ id, name, data, opts })) };
}

async function add(webhookId) {
  const events = new QueueEvents(NAME, { connection });
  await events.waitUntilReady();
  const job = await queue.add("process-message", { webhook_id: Number(webhookId) });
  const returned = await job.waitUntilFinished(events, 20_000);
  const bad = await queue.add("process-message", { webhook_id: "?" }, { attempts: 3 });
  const failure = await bad.waitUntilFinished(events, 20_000).catch((error) => error.message);
  await events.close();
  return { returned, failure };
}

// Takes one job of ours and does nothing about its row.
async function steal() {
  const taken = await new Promise((resolve) => {
    const worker = new Worker(
      NAME,
      async (job) => {
        setImmediate(() => worker.close().then(() => resolve(job.data)));
      },
      { connection },
    );
  });
  return { taken };
}

const answer = await { look, add, steal }[command](argument);
console.log(JSON.stringify(answer));
await queue.close();

// Keeps a copy of a location's assets and assignments in a JSON file, from a snapshot and the messages of a subscription.
// Usage: node consumer.mjs HUB LOCATION SERVICE_BUS_CONNECTION_STRING FILE
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { ServiceBusClient } from "@azure/service-bus";

const [hub, location, connectionString, file] = process.argv.slice(2);
const headers = process.env.HUB_KEY ? { "X-Api-Key": process.env.HUB_KEY } : {};

// A removed record keeps its revision, without a record. A kind has the lowest revision that counts.
const copy = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { kinds: {}, records: {} };

function save() {
  // A crash leaves the old or the new file, never half of one.
  writeFileSync(`${file}.new`, JSON.stringify(copy));
  renameSync(`${file}.new`, file);
}

function drop(kind, first) {
  for (const [subject, known] of Object.entries(copy.records)) {
    if (subject.startsWith(`${kind}/`) && known.revision < first) delete copy.records[subject];
  }
}

// Revisions have 19 digits, so they compare as text.
const revisionOf = (sequence) => String(sequence).padStart(19, "0");

async function get(path) {
  const response = await fetch(new URL(path, hub), { headers });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

async function start(kind) {
  const response = await get(`/snapshot/${location}/${kind}`);
  const lines = (await response.text()).split("\n").filter((line) => line);
  for (const { key, revision, record } of lines.map((line) => JSON.parse(line))) {
    copy.records[`${kind}s/${key}`] = { revision, record };
  }
  copy.kinds[`${kind}s`] = revisionOf(response.headers.get("NotificationHub-Sequence"));
  save();
}

class Unreadable extends Error {}

// An event that does not have the shape of its type would fail at every delivery.
function check(event) {
  if (event?.specversion !== "1.0" || typeof event.type !== "string") throw new Unreadable("Not an event");
  const [, change] = event.type.match(/^notificationhub\.(?:asset|assignment)\.(changed|restated)\.v1$/) ?? [];
  const { subject, revision, data } = event;
  if (!change || event.dataref) return;
  const isComplete =
    change === "changed"
      ? typeof revision === "string" && typeof data?.after === "object"
      : typeof data?.fromRevision === "string";
  if (typeof subject !== "string" || !isComplete) throw new Unreadable(`Not an event of the type ${event.type}`);
}

function apply(event) {
  const { type, subject, revision, data } = event;
  if (event.location !== location) return;
  switch (type) {
    case "notificationhub.asset.changed.v1":
    case "notificationhub.assignment.changed.v1": {
      const known = copy.records[subject]?.revision ?? "";
      if (revision > known && revision >= copy.kinds[subject.split("/")[0]]) {
        copy.records[subject] = { revision, record: data.after };
        save();
      }
      break;
    }
    // The hub was restored from a backup: the records that it did not restate no longer exist.
    case "notificationhub.asset.restated.v1":
    case "notificationhub.assignment.restated.v1":
      if (data.fromRevision > copy.kinds[subject]) copy.kinds[subject] = data.fromRevision;
      drop(subject, data.fromRevision);
      save();
      break;
  }
}

// The subscription exists, so no event is missed between the snapshot and the first message.
for (const kind of ["asset", "assignment"]) {
  if (!copy.kinds[`${kind}s`]) await start(kind);
}

const client = new ServiceBusClient(connectionString);
// This subscription does not require sessions: events can arrive out of order, and the revision resolves that.
const receiver = client.createReceiver("assets", "inventory");
receiver.subscribe({
  // The SDK completes the message when this returns, and abandons it after any other exception.
  async processMessage(message) {
    try {
      let event = message.body;
      check(event);
      // An event that is too large for a message has a reference to the whole event.
      if (event.dataref) check((event = await (await get(event.dataref)).json()));
      apply(event);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      await receiver.deadLetterMessage(message, {
        deadLetterReason: "Unreadable",
        deadLetterErrorDescription: error.message,
      });
    }
  },
  async processError({ error }) {
    console.error(error.message);
  },
});
console.log(`Copying location ${location} to ${file}. Press Ctrl+C to stop.`);

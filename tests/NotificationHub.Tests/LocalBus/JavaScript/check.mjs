// The official JavaScript SDK against the broker: a second, independent AMQP client.
// Usage: node check.mjs CONNECTION_STRING TOPIC PLAIN_SUBSCRIPTION SESSION_SUBSCRIPTION
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";

const [connectionString, topic, plain, sessions] = process.argv.slice(2);
const client = new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 10_000 } });
const sender = client.createSender(topic);
const Wait = { maxWaitTimeInMs: 5_000 };
const Briefly = { maxWaitTimeInMs: 500 };

const message = (fields = {}) => ({
  messageId: randomUUID(),
  sessionId: "s1",
  contentType: "application/cloudevents+json",
  subject: "asset.changed.v1",
  correlationId: "c1",
  applicationProperties: { audience: "all", type: "asset.changed" },
  body: { id: "1-1" },
  ...fields,
});

const checks = {
  async "a message arrives with its properties"() {
    const sent = message();
    await sender.sendMessages(sent);
    await received(plain, ([got]) => {
      assert.equal(got.messageId, sent.messageId);
      assert.equal(got.sessionId, "s1");
      assert.equal(got.subject, sent.subject);
      assert.equal(got.contentType, sent.contentType);
      assert.equal(got.correlationId, "c1");
      assert.equal(got.applicationProperties.type, "asset.changed");
      assert.deepEqual(got.body, sent.body);
    });
  },

  async "a batch arrives in its order"() {
    const batch = await sender.createMessageBatch();
    const ids = [];
    for (let i = 0; i < 10; i++) {
      const next = message({ body: i });
      ids.push(next.messageId);
      assert.ok(batch.tryAddMessage(next));
    }
    await sender.sendMessages(batch);
    await received(plain, (got) => assert.deepEqual(got.map((m) => m.messageId), ids), 10);
  },

  async "a message that is sent twice arrives once"() {
    const twice = message();
    await sender.sendMessages(twice);
    await sender.sendMessages(twice);
    await received(plain, (got) => assert.equal(got.length, 1), 2);
  },

  async "a message that no rule matches does not arrive"() {
    await sender.sendMessages(message({ applicationProperties: { audience: "other-team" } }));
    const receiver = client.createReceiver(topic, plain);
    assert.equal((await receiver.receiveMessages(1, Briefly)).length, 0);
    await receiver.close();
  },

  async "an abandoned message comes again with a higher delivery count"() {
    await sender.sendMessages(message());
    const receiver = client.createReceiver(topic, plain);
    const [first] = await receiver.receiveMessages(1, Wait);
    await receiver.abandonMessage(first);
    const [second] = await receiver.receiveMessages(1, Wait);
    assert.equal(second.messageId, first.messageId);
    assert.ok(second.deliveryCount > first.deliveryCount);
    await receiver.completeMessage(second);
    await receiver.close();
  },

  async "a dead letter is found in the dead-letter queue with its reason"() {
    await sender.sendMessages(message());
    const receiver = client.createReceiver(topic, plain);
    const [bad] = await receiver.receiveMessages(1, Wait);
    await receiver.deadLetterMessage(bad, { deadLetterReason: "unreadable", deadLetterErrorDescription: "no JSON" });
    await receiver.close();
    const deadLetters = client.createReceiver(topic, plain, { subQueueType: "deadLetter" });
    const [dead] = await deadLetters.receiveMessages(1, Wait);
    assert.equal(dead.messageId, bad.messageId);
    assert.equal(dead.deadLetterReason, "unreadable");
    assert.equal(dead.deadLetterErrorDescription, "no JSON");
    await deadLetters.completeMessage(dead);
    await deadLetters.close();
  },

  async "a deferred message is received by its sequence number"() {
    await sender.sendMessages(message());
    const receiver = client.createReceiver(topic, plain);
    const [later] = await receiver.receiveMessages(1, Wait);
    await receiver.deferMessage(later);
    assert.equal((await receiver.receiveMessages(1, Briefly)).length, 0);
    const [deferred] = await receiver.receiveDeferredMessages(later.sequenceNumber);
    assert.equal(deferred.messageId, later.messageId);
    await receiver.completeMessage(deferred);
    await receiver.close();
  },

  async "a lock is renewed"() {
    await sender.sendMessages(message());
    const receiver = client.createReceiver(topic, plain);
    const [locked] = await receiver.receiveMessages(1, Wait);
    const until = await receiver.renewMessageLock(locked);
    assert.ok(until.getTime() > Date.now());
    await receiver.completeMessage(locked);
    await receiver.close();
  },

  async "a message is peeked without a lock"() {
    const sent = message();
    await sender.sendMessages(sent);
    const receiver = client.createReceiver(topic, plain);
    const peeked = await receiver.peekMessages(10);
    assert.ok(peeked.some((m) => m.messageId === sent.messageId));
    await receiver.close();
    await received(plain, ([got]) => assert.equal(got.messageId, sent.messageId));
  },

  async "a scheduled message is canceled"() {
    const at = new Date(Date.now() + 3_600_000);
    const [number] = await sender.scheduleMessages([message()], at);
    await sender.cancelScheduledMessages(number);
    const receiver = client.createReceiver(topic, plain);
    assert.equal((await receiver.receiveMessages(1, Briefly)).length, 0);
    await receiver.close();
  },

  async "a subscriber is pushed what arrives"() {
    const receiver = client.createReceiver(topic, plain);
    const sent = message();
    const arrived = new Promise((resolve, reject) =>
      receiver.subscribe({
        processMessage: async (got) => got.messageId === sent.messageId && resolve(),
        processError: async ({ error }) => reject(error),
      }),
    );
    await sender.sendMessages(sent);
    await arrived;
    await receiver.close();
  },

  async "a session is accepted, read in order, and keeps its state"() {
    await drainSessions();
    const ids = [];
    for (const session of ["a", "b", "a"]) {
      const next = message({ sessionId: session });
      ids.push(next.messageId);
      await sender.sendMessages(next);
    }
    const receiver = await client.acceptSession(topic, sessions, "a");
    const got = await receiveUpTo(receiver, 2);
    assert.deepEqual(got.map((m) => m.messageId), [ids[0], ids[2]]);
    for (const each of got) await receiver.completeMessage(each);
    await receiver.setSessionState("read");
    assert.equal(String(await receiver.getSessionState()), "read");
    assert.ok((await receiver.renewSessionLock()).getTime() > Date.now());
    await receiver.close();
    const next = await client.acceptNextSession(topic, sessions, Wait);
    assert.equal(next.sessionId, "b");
    await next.close();
    await drainSessions();
  },

  async "rules are listed, added and removed"() {
    const rules = client.createRuleManager(topic, plain);
    await rules.createRule("mine", { correlationId: "only-mine" });
    await rules.createRule("sql", { sqlExpression: "change = 'removed'" });
    const filters = {};
    for await (const rule of rules.listRules()) filters[rule.name] = rule.filter;
    assert.equal(filters.mine.correlationId, "only-mine");
    assert.equal(filters.sql.sqlExpression, "change = 'removed'");
    await rules.deleteRule("mine");
    await sender.sendMessages(message({ applicationProperties: { audience: "other-team", change: "removed" } }));
    await received(plain, (got) => assert.equal(got.length, 1));
    await rules.deleteRule("sql");
  },

  async "a missing topic is reported as missing"() {
    const missing = client.createSender("missing");
    await assert.rejects(missing.sendMessages(message()), { code: "MessagingEntityNotFound" });
    await missing.close();
  },

  async "a wrong key is refused"() {
    const wrong = new ServiceBusClient(connectionString.replace(/SharedAccessKey=[^;]+/, "SharedAccessKey=d3Jvbmc="), {
      retryOptions: { maxRetries: 0, timeoutInMs: 10_000 },
    });
    await assert.rejects(wrong.createSender(topic).sendMessages(message()), { code: "UnauthorizedAccess" });
    await wrong.close();
  },
};

async function receiveUpTo(receiver, count) {
  const got = [];
  while (got.length < count) {
    const more = await receiver.receiveMessages(count - got.length, got.length === 0 ? Wait : Briefly);
    if (more.length === 0) break;
    got.push(...more);
  }
  return got;
}

async function received(subscription, check, count = 1) {
  const receiver = client.createReceiver(topic, subscription);
  const got = await receiveUpTo(receiver, count);
  assert.notEqual(got.length, 0, "nothing was received");
  for (const each of got) await receiver.completeMessage(each);
  await receiver.close();
  check(got);
}

async function drainSessions() {
  for (;;) {
    let receiver;
    try {
      receiver = await client.acceptNextSession(topic, sessions, { maxWaitTimeInMs: 500, timeoutInMs: 500 });
    } catch {
      return;
    }
    for (const each of await receiveUpTo(receiver, 100)) await receiver.completeMessage(each);
    await receiver.close();
  }
}

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`passed: ${name}`);
  } catch (error) {
    failed++;
    console.log(`failed: ${name}: ${error.code ?? error.name}: ${error.message}`);
  }
}
await client.close();
process.exit(failed === 0 ? 0 : 1);

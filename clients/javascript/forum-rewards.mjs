// A client of the rewards service: one file, Node 18 or newer, nothing else needed.
//
//   import { Rewards } from "./forum-rewards.mjs";
//   const rewards = new Rewards("https://points.example", { key: "ptk_…" });
//   await rewards.event("post:81231:created", "post.created", { memberId: "minji", subject: "post:81231", board: "free" });
//
// A call that fails on the way is made again with the same id, so nothing is ever counted twice. For a forum that does
// not want to wait, Sender collects events and sends them in batches. Keys are for servers: never put one into a page.

import { randomUUID } from "node:crypto";

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 500;
const WAIT_MAX_MS = 30_000;
const TIMEOUT_MS = 15_000;
const BATCH = 500;
const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The service has refused a call: `problem` says why, in the words of RFC 9457. */
export class Refused extends Error {
  constructor(status, problem) {
    super(`${status} ${problem.title ?? ""}: ${problem.detail ?? ""}`);
    this.name = "Refused";
    this.status = status;
    this.problem = problem;
  }
}

/** The service could not be reached, however often it was tried. Calling again later is safe. */
export class Unreachable extends Error {
  constructor(message) {
    super(message);
    this.name = "Unreachable";
  }
}

/** An event as the API takes it. Without `occurredAt` (a Date) it occurs now. */
export function makeEvent(id, type, { memberId, occurredAt = new Date(), subject, board, data }) {
  return { id, type, member_id: memberId, occurred_at: occurredAt.toISOString(), subject, board, data };
}

export class Rewards {
  #url;
  #key;
  #options;

  constructor(url, { key, timeoutMs = TIMEOUT_MS, attempts = ATTEMPTS, sleep = pause } = {}) {
    this.#url = url.replace(/\/+$/, "");
    this.#key = key;
    this.#options = { timeoutMs, attempts, sleep };
  }

  /** Post one event; answers its decision, the first one however often it is sent. */
  event(id, type, details) {
    return this.call("POST", "/v1/events", makeEvent(id, type, details));
  }

  /** Post many events, in order; answers {status, decision} or {status, problem} for each. */
  async events(events) {
    const results = [];
    for (let start = 0; start < events.length; start += BATCH) {
      results.push(...(await this.#batch(events.slice(start, start + BATCH))));
    }
    return results;
  }

  /** Check a member in for today. `day` (2026-01-17) keeps a call that is late from checking in tomorrow. */
  checkIn(memberId, { greeting, day } = {}) {
    return this.call("POST", "/v1/attendance", { member_id: memberId, greeting, day });
  }

  /** A member: points, level, places. */
  member(memberId) {
    return this.call("GET", `/v1/members/${encodeURIComponent(memberId)}`);
  }

  /** Change a member: `name`, `avatar`, `hidden`, `opted_out`. */
  putMember(memberId, changes) {
    return this.call("PUT", `/v1/members/${encodeURIComponent(memberId)}`, changes);
  }

  /** The top of a leaderboard: `season` (the week), `month`, `all-time`, `streak`. */
  async leaderboard(name = "season", { limit = 10 } = {}) {
    return (await this.call("GET", `/v1/leaderboards/${name}?limit=${limit}`)).items;
  }

  /** Exchange a member's points for a product. Give a key of your own if you may have to ask again later. */
  redeem(memberId, product, { idempotencyKey = randomUUID() } = {}) {
    const body = { member_id: memberId, product };
    return this.call("POST", "/v1/market/redemptions", body, { "Idempotency-Key": idempotencyKey });
  }

  /** Any call of the API, again while that may help. Throws Refused, Unreachable. */
  async call(method, path, body, headers = {}) {
    const { attempts, sleep } = this.#options;
    let error = "";
    for (let attempt = 1; attempt <= attempts; attempt++) {
      let askedMs = 0;
      try {
        const answer = await this.#once(method, path, body, headers);
        const text = await answer.text();
        if (answer.ok) return text ? JSON.parse(text) : null;
        const problem = documentOf(text);
        if (!AGAIN.has(answer.status)) throw new Refused(answer.status, problem);
        error = `${answer.status} ${problem.title ?? ""}`;
        askedMs = Number(answer.headers.get("Retry-After") ?? 0) * 1000 || 0;
      } catch (failure) {
        if (failure instanceof Refused) throw failure;
        error = String(failure.cause ?? failure); // no connection, a timeout, an answer that broke off
      }
      if (attempt < attempts) await sleep(waitMs(attempt, askedMs));
    }
    throw new Unreachable(`${method} ${path}: ${error} (${attempts} attempts)`);
  }

  #once(method, path, body, headers) {
    return fetch(this.#url + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.#key}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(this.#options.timeoutMs),
    });
  }

  /** What could not be decided for now is sent again, alone: the rest has its decisions. */
  async #batch(events) {
    const { attempts, sleep } = this.#options;
    const results = new Array(events.length);
    let left = [...events.keys()];
    for (let attempt = 1; ; attempt++) {
      const answers = (await this.call("POST", "/v1/events/batch", left.map((number) => events[number]))).results;
      const again = [];
      answers.forEach((answer, place) => {
        if (AGAIN.has(answer.status) && attempt < attempts) again.push(left[place]);
        else results[left[place]] = answer;
      });
      if (again.length === 0) return results;
      left = again;
      await sleep(waitMs(attempt, 0));
    }
  }
}

/** Collects events and sends them in batches, so that nobody waits for them. `close()` sends what is left. */
export class Sender {
  #rewards;
  #options;
  #waiting = [];
  #timer = null;
  #sending = Promise.resolve();
  #closed = false;

  /** `refused` gets each event that will never be taken, with its problem; `lost` those that closing could not send. */
  constructor(rewards, { everyMs = 1000, refused = () => {}, lost = () => {} } = {}) {
    this.#rewards = rewards;
    this.#options = { everyMs, refused, lost };
  }

  /** Take an event; see makeEvent. It leaves within `everyMs`, and stays until the service has it. */
  send(id, type, details) {
    if (this.#closed) throw new Error("this sender is closed");
    this.#waiting.push(makeEvent(id, type, details));
    if (this.#waiting.length >= BATCH) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#options.everyMs);
  }

  async close() {
    this.#closed = true;
    this.#flush();
    await this.#sending;
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const events = this.#waiting.splice(0);
    if (events.length > 0) this.#sending = this.#sending.then(() => this.#deliver(events));
  }

  async #deliver(events) {
    for (;;) {
      try {
        const answers = await this.#rewards.events(events);
        answers.forEach((answer, place) => answer.problem && this.#options.refused(events[place], answer.problem));
        return;
      } catch (failure) {
        if (!this.#closed) continue;
        this.#options.lost(events, failure);
        return;
      }
    }
  }
}

function documentOf(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function waitMs(attempt, askedMs) {
  const wait = Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
  return Math.max(wait, Math.min(askedMs, WAIT_MAX_MS));
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Who leads, on a broker and with clocks of the test's own. */
import assert from "node:assert/strict";
import type { Beat } from "../../gateway/cluster/beat.ts";
import { BEAT_MS, Election } from "../../gateway/cluster/election.ts";

const STEP_MS = 50;
const LATENCY_MS = 20;

/** Gateways at a broker of two parts, which may be cut from each other. */
class House {
  now = 0;
  readonly gateways = new Map<string, Election>();
  /** Gateways on the other side of a cut. */
  readonly beyond = new Set<string>();
  /** Processes that stand still. */
  readonly frozen = new Set<string>();
  isCut = false;
  readonly #beatAt = new Map<string, number>();
  readonly #wire: { at: number; from: string; to: string; beat: Beat }[] = [];
  /** How long two led at once, ms. */
  together = 0;
  /** How long nobody did. */
  without = 0;

  join(id: string): Election {
    const election = new Election(id, `run of ${id}`, this.now);
    this.gateways.set(id, election);
    election.connected(this.now, true);
    this.#say(id);
    return election;
  }

  #say(id: string) {
    const beat = this.gateways.get(id)!.beat(this.now);
    this.#beatAt.set(id, this.now);
    for (const to of this.gateways.keys()) {
      if (this.isCut && this.beyond.has(id) !== this.beyond.has(to)) continue;
      this.#wire.push({ at: this.now + LATENCY_MS, from: id, to, beat });
    }
  }

  leaders(): string[] {
    return [...this.gateways].flatMap(([id, election]) => election.leads(this.now) ? id : []);
  }

  speakers(): string[] {
    return [...this.gateways].flatMap(([id, election]) => election.speaks(this.now) ? id : []);
  }

  run(ms: number) {
    for (const end = this.now + ms; this.now < end;) {
      this.now += STEP_MS;
      for (const [id, election] of this.gateways) {
        if (this.frozen.has(id)) continue;
        const led = election.leads(this.now);
        election.tick(this.now);
        const isDue = this.now - (this.#beatAt.get(id) ?? 0) >= BEAT_MS;
        if (isDue || election.isPassing || election.leads(this.now) !== led) this.#say(id);
      }
      const due = this.#wire.filter(({ at, to }) => at <= this.now && !this.frozen.has(to));
      for (const one of due) {
        this.#wire.splice(this.#wire.indexOf(one), 1);
        if (this.gateways.get(one.to)?.heard(one.from, one.beat, this.now)) this.#say(one.to);
      }
      const count = this.leaders().length;
      if (count > 1) this.together += STEP_MS;
      if (count === 0) this.without += STEP_MS;
    }
  }

  reset() {
    this.together = this.without = 0;
  }
}

Deno.test("election: alone it leads, soon", () => {
  const house = new House();
  house.join("b");
  assert.deepEqual(house.speakers(), ["b"], "what is of the moment is not held up");
  house.run(2000);
  assert.deepEqual(house.leaders(), ["b"]);
});

Deno.test("election: who leads stays, whoever comes", () => {
  const house = new House();
  house.join("b");
  house.run(3000);
  house.reset();
  house.join("a");
  house.run(10_000);
  assert.deepEqual(house.leaders(), ["b"]);
  assert.deepEqual(house.speakers(), ["b"]);
  assert.deepEqual([house.together, house.without], [0, 0]);
});

Deno.test("election: of those that come at once it is one", () => {
  const house = new House();
  for (const id of ["c", "a", "b"]) house.join(id);
  house.run(LATENCY_MS + STEP_MS);
  assert.deepEqual(house.speakers(), ["a"]);
  house.run(2000);
  assert.deepEqual(house.leaders(), ["a"]);
  assert.equal(house.together, 0);
});

Deno.test("election: one that is silent is followed within 5 s, and then follows", () => {
  const house = new House();
  for (const id of ["a", "b", "c"]) house.join(id);
  house.run(5000);
  house.reset();
  house.frozen.add("a");
  house.run(5000);
  assert.deepEqual(house.leaders(), ["b"]);
  assert.equal(house.together, 0, "a's lease had run out before");
  house.frozen.delete("a");
  assert.deepEqual(house.leaders(), ["b"], "at once, before a has heard anything");
  house.run(5000);
  assert.deepEqual(house.leaders(), ["b"]);
});

Deno.test("election: one that says goodbye is followed at once", () => {
  const house = new House();
  for (const id of ["a", "b"]) house.join(id);
  house.run(5000);
  house.gateways.delete("a");
  house.gateways.get("b")!.gone("a");
  house.run(STEP_MS);
  assert.deepEqual(house.leaders(), ["b"]);
});

Deno.test("election: a broker in two parts has two that lead, until it is one again", () => {
  const house = new House();
  for (const id of ["a", "b", "c"]) house.join(id);
  house.run(5000);
  house.reset();
  house.beyond.add("a");
  house.isCut = true;
  house.run(20_000);
  assert.deepEqual(house.leaders(), ["a", "b"]);
  assert.equal(house.without, 0);
  house.reset();
  house.isCut = false;
  house.run(BEAT_MS + 200);
  assert.deepEqual(house.leaders(), ["a"]);
  assert.ok(house.together <= BEAT_MS + 200);
});

Deno.test("election: disconnected, one that is alone goes on, one of several does not", () => {
  const house = new House();
  const a = house.join("a");
  house.run(3000);
  a.disconnected(house.now);
  house.run(10_000);
  assert.deepEqual(house.leaders(), ["a"], "its backlog can go on to the cloud");
  a.connected(house.now, false);
  const b = house.join("b");
  house.run(2000);
  assert.deepEqual(house.leaders(), ["a"]);
  a.disconnected(house.now);
  assert.deepEqual(house.leaders(), []);
  house.gateways.delete("a");
  b.gone("a");
  house.run(STEP_MS);
  assert.deepEqual(house.leaders(), ["b"]);
});

Deno.test("election: a broker that lets nobody hear beats has one gateway", () => {
  const a = new Election("a", "run", 0);
  a.connected(0, true);
  for (let now = 0; now <= 6000; now += 250) {
    a.tick(now);
    a.beat(now);
  }
  assert.ok(a.isUnheard(6000));
  assert.ok(a.leads(6000));
});

Deno.test("election: one that never hears its own beats does not keep others from leading", () => {
  const house = new House();
  const deaf = house.join("a");
  const heard = deaf.heard.bind(deaf);
  deaf.heard = (id, beat, now) => id !== "a" && heard(id, beat, now);
  const b = house.join("b");
  house.run(4000);
  assert.ok(!b.leads(house.now), "it may still come to it");
  house.run(4000);
  assert.ok(b.leads(house.now));
});

Deno.test("election: what is with the cloud need not be kept by the others; the rest has to be", () => {
  const house = new House();
  const a = house.join("a");
  house.run(2000);
  const b = house.join("b");
  let unsentSince = 2000;
  a.uplink = { oldestMs: () => null, isStuck: () => false };
  b.uplink = { oldestMs: () => house.now - unsentSince, isStuck: () => false };
  house.run(30_000);
  unsentSince = 4000;
  const done = b.doneElsewhere(house.now)!;
  assert.ok(
    done >= 10_000 && done < 12_000,
    `${done} ms: what is newer may not have come there yet`,
  );
  // The one that leads cannot reach the cloud.
  a.uplink = { oldestMs: () => house.now - 5000, isStuck: () => true };
  house.run(2000);
  assert.deepEqual(house.leaders(), ["a"]);
  assert.equal(b.doneElsewhere(house.now), null);
});

Deno.test("election: who has what nobody else has gets the lead when it can be given", () => {
  const house = new House();
  const a = house.join("a");
  house.run(5000);
  const b = house.join("b");
  // From a run before, when the other was not there.
  let left: number | null = -60_000;
  let waiting = true;
  a.uplink = { oldestMs: () => waiting ? 15_000 : null, isStuck: () => false };
  b.uplink = { oldestMs: () => left === null ? null : house.now - left, isStuck: () => false };
  house.run(20_000);
  assert.deepEqual(house.leaders(), ["a"], "it has a backlog itself");
  assert.equal(b.doneElsewhere(house.now), null);
  house.reset();
  waiting = false;
  house.run(2000);
  assert.deepEqual(house.leaders(), ["b"]);
  assert.equal(house.together, 0);
  assert.ok(house.without <= 200, `${house.without} ms`);
  left = null;
  house.run(20_000);
  assert.deepEqual(house.leaders(), ["b"]);
});

Deno.test("election: what the broker kept for one that was away may be as old as that", () => {
  const house = new House();
  house.join("a").uplink = { oldestMs: () => null, isStuck: () => false };
  const b = house.join("b");
  house.run(20_000);
  // A short absence, which the one that leads has heard all of: nobody needs to upload it again.
  b.disconnected(house.now);
  house.run(2000);
  b.connected(house.now, false);
  const back = house.now;
  b.uplink = { oldestMs: () => house.now - back, isStuck: () => false };
  house.run(15_000);
  assert.deepEqual(house.leaders(), ["a"]);
  assert.ok(b.doneElsewhere(house.now)! >= 10_000);
  // An earlier run that nobody knows of.
  const c = new Election("c", "another run", house.now);
  house.gateways.set("c", c);
  c.connected(house.now, false);
  const came = house.now;
  c.uplink = { oldestMs: () => house.now - came, isStuck: () => false };
  b.uplink = null;
  house.run(3000);
  assert.equal(c.doneElsewhere(house.now), null);
  assert.deepEqual(house.leaders(), ["c"]);
});

Deno.test("election: who cannot reach the cloud lets others try, in turn", () => {
  const house = new House();
  for (const id of ["a", "b", "c"]) {
    house.join(id).uplink = { oldestMs: () => null, isStuck: () => id !== "c" };
  }
  house.run(5000);
  assert.deepEqual(house.leaders(), ["a"]);
  house.run(31_000);
  assert.deepEqual(house.leaders(), ["b"]);
  house.run(31_000);
  assert.deepEqual(house.leaders(), ["c"]);
  house.run(100_000);
  assert.deepEqual(house.leaders(), ["c"]);
});

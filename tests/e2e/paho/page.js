// A page as people write it with Paho's JavaScript client. The WebSocket
// address comes in the query string: page.html?ws=ws://127.0.0.1:9001/mqtt

const LABELS = "devices/+/label/changed";
const SLIDER = "devices/foobar/slider/changed";
const SHORTEST_GAP_MS = 100;

// What happened, for the test: labels as [topic, payload], publishes as [ms, value].
const seen = globalThis.seen = { labels: [], published: [], moves: 0 };

const state = document.getElementById("state");
const label = document.getElementById("label");
const slider = document.getElementById("slider");

const address = new URLSearchParams(location.search).get("ws");
const client = new Paho.Client(address, `page-${Math.random().toString(16).slice(2)}`);

client.onMessageArrived = (message) => {
  seen.labels.push([message.destinationName, message.payloadString]);
  label.textContent = JSON.parse(message.payloadString).value;
};
client.onConnectionLost = ({ errorMessage }) => state.textContent = `lost: ${errorMessage}`;
client.connect({
  onSuccess: () =>
    client.subscribe(LABELS, { qos: 1, onSuccess: () => state.textContent = "subscribed" }),
  onFailure: ({ errorMessage }) => state.textContent = `failed: ${errorMessage}`,
});

let lastSent = -Infinity;
let timer;

function send() {
  lastSent = performance.now();
  const value = slider.valueAsNumber;
  const message = new Paho.Message(JSON.stringify({ value }));
  message.destinationName = SLIDER;
  message.qos = 1;
  client.send(message);
  seen.published.push([lastSent, value]);
}

// A position that comes too early waits, and the latest one is sent. Timers
// may fire a little early, hence the second look at the clock.
function sendInTurn() {
  timer = undefined;
  const wait = lastSent + SHORTEST_GAP_MS - performance.now();
  if (wait <= 0) return send();
  timer = setTimeout(sendInTurn, Math.ceil(wait));
}

slider.addEventListener("input", () => {
  seen.moves++;
  if (timer === undefined) sendInTurn();
});

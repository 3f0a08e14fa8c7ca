import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { currentRoute } from "./router.ts";
import { Store } from "./store.ts";

const page = new URL(location.href);
const token = page.searchParams.get("token") ?? undefined;
const socket = new URL("/ws", page);
socket.protocol = page.protocol === "https:" ? "wss:" : "ws:";

const store = new Store(socket, token);
const forgetToken = effect(() => {
  if (token === undefined || store.connection.value.state !== "connected") return;
  page.searchParams.delete("token");
  history.replaceState(null, "", page.pathname + page.search + location.hash);
  queueMicrotask(() => forgetToken());
});

render(<App store={store} route={currentRoute()} />, document.getElementById("app")!);

import { render } from "preact";
import { App } from "./app.tsx";
import { currentRoute } from "./router.ts";
import { Store } from "./store.ts";

const socket = new URL("/ws", location.href);
socket.protocol = location.protocol === "https:" ? "wss:" : "ws:";

const store = new Store(socket);
render(<App store={store} route={currentRoute()} />, document.getElementById("app")!);

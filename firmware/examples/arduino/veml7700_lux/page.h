// The board's own page: live lux, and an echo to try the WebSocket.
#pragma once

static const char PAGE[] PROGMEM = R"html(<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Lux</title>
  <style>
    body { font: 1.2rem system-ui, sans-serif; margin: 2rem; }
    output { display: block; font-size: 4rem; }
  </style>
  <h1>Illuminance</h1>
  <output id="lux">–</output>
  <form id="say"><input id="text" aria-label="Text" autocomplete="off"><button>Send</button></form>
  <p id="echo"></p>
  <script>
    const at = (id) => document.getElementById(id);
    let socket;
    function connect() {
      socket = new WebSocket(`ws://${location.host}/ws`);
      socket.onmessage = ({ data }) => {
        let message;
        try { message = JSON.parse(data); } catch { /* an echo */ }
        if (typeof message?.value === "number") at("lux").value = `${message.value} lx`;
        else at("echo").textContent = data;
      };
      socket.onclose = () => setTimeout(connect, 2000);
    }
    at("say").onsubmit = (event) => {
      event.preventDefault();
      if (socket.readyState === WebSocket.OPEN) socket.send(at("text").value);
    };
    connect();
  </script>
</html>
)html";

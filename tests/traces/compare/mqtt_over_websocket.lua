-- Lets Wireshark dissect MQTT in WebSocket messages, which it does not do by itself.
local protocols = DissectorTable.get("ws.protocol")
protocols:add("mqtt", Dissector.get("mqtt"))
protocols:add("mqttv3.1", Dissector.get("mqtt"))

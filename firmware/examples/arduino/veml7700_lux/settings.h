// What is yours: network, broker, name of the device.
#pragma once

#define WIFI_SSID "your network"
#define WIFI_PASSWORD "your password"

// The gateway's embedded broker, or one that the gateway is connected to.
#define BROKER_URI "mqtt://192.168.1.5:1883"
// The gateway's token of the role "node"; empty: none is sent.
#define TOKEN ""

// One topic level: letters, digits, _ and -. The channel in the gateway's page.
#define DEVICE "lux1"

#define NTP_SERVER "pool.ntp.org"

// I2C pins; -1: those of the board.
#define SDA_PIN -1
#define SCL_PIN -1

// Between measurements, ms. In the dark one takes some five seconds.
#define PERIOD_MS 1000

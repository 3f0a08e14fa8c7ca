/**
 * What a Zigbee2MQTT says of its devices, in its format: a light, a plug with two outlets, a
 * thermostat, a cover, a lock, a fan, a button, a sensor, one that it does not know.
 *
 * @module
 */

export const STATE = {
  access: 7,
  description: "On/off state",
  label: "State",
  name: "state",
  property: "state",
  type: "binary",
  value_off: "OFF",
  value_on: "ON",
  value_toggle: "TOGGLE",
};

const LINK_QUALITY = {
  access: 1,
  category: "diagnostic",
  label: "Linkquality",
  name: "linkquality",
  property: "linkquality",
  type: "numeric",
  unit: "lqi",
  value_max: 255,
  value_min: 0,
};

const part = (name: string) => ({
  access: 7,
  label: name.toUpperCase(),
  name,
  property: name,
  type: "numeric",
});

export const LIGHT_EXPOSES = [
  {
    type: "light",
    features: [
      STATE,
      {
        access: 7,
        label: "Brightness",
        name: "brightness",
        property: "brightness",
        type: "numeric",
        value_max: 254,
        value_min: 0,
      },
      {
        access: 7,
        label: "Color temp",
        name: "color_temp",
        presets: [{ description: "Coolest", name: "coolest", value: 250 }],
        property: "color_temp",
        type: "numeric",
        unit: "mired",
        value_max: 454,
        value_min: 250,
      },
      {
        access: 7,
        features: [part("x"), part("y")],
        label: "Color (X/Y)",
        name: "color_xy",
        property: "color",
        type: "composite",
      },
      {
        access: 7,
        features: [part("hue"), part("saturation")],
        label: "Color (HS)",
        name: "color_hs",
        property: "color",
        type: "composite",
      },
    ],
  },
  {
    access: 2,
    label: "Effect",
    name: "effect",
    property: "effect",
    type: "enum",
    values: ["blink", "breathe", "okay"],
  },
  {
    access: 2,
    label: "Identify",
    name: "identify",
    property: "identify",
    type: "enum",
    values: ["identify"],
  },
  LINK_QUALITY,
];

const endpoint = (name: string) => ({
  type: "switch",
  endpoint: name,
  features: [{ ...STATE, endpoint: name, property: `state_${name}` }],
});

const PLUG_EXPOSES = [
  endpoint("l1"),
  endpoint("l2"),
  {
    access: 5,
    label: "Power",
    name: "power",
    property: "power",
    type: "numeric",
    unit: "W",
  },
  {
    access: 7,
    label: "Countdown",
    name: "countdown",
    property: "countdown",
    type: "numeric",
    unit: "s",
    value_max: 43200,
    value_min: 0,
    value_step: 1,
  },
  {
    access: 7,
    label: "Child lock",
    name: "child_lock",
    property: "child_lock",
    type: "binary",
    value_off: false,
    value_on: true,
  },
  { access: 7, label: "Name", name: "label", property: "label", type: "text" },
];

const CLIMATE_EXPOSES = [{
  type: "climate",
  features: [
    {
      access: 7,
      label: "Occupied heating setpoint",
      name: "occupied_heating_setpoint",
      property: "occupied_heating_setpoint",
      type: "numeric",
      unit: "°C",
      value_max: 30,
      value_min: 5,
      value_step: 0.5,
    },
    {
      access: 1,
      label: "Local temperature",
      name: "local_temperature",
      property: "local_temperature",
      type: "numeric",
      unit: "°C",
    },
    {
      access: 7,
      label: "System mode",
      name: "system_mode",
      property: "system_mode",
      type: "enum",
      values: ["off", "heat", "auto"],
    },
  ],
}, {
  access: 3,
  item_type: { access: 3, name: "entry", type: "text" },
  label: "Schedule",
  name: "schedule",
  property: "schedule",
  type: "list",
}];

const COVER_EXPOSES = [{
  type: "cover",
  features: [
    {
      access: 3,
      name: "state",
      property: "state",
      type: "enum",
      values: ["OPEN", "CLOSE", "STOP"],
    },
    {
      access: 7,
      name: "position",
      property: "position",
      type: "numeric",
      unit: "%",
      value_max: 100,
      value_min: 0,
    },
  ],
}];

const LOCK_EXPOSES = [{
  type: "lock",
  features: [
    {
      access: 7,
      name: "state",
      property: "state",
      type: "binary",
      value_on: "LOCK",
      value_off: "UNLOCK",
    },
    {
      access: 1,
      name: "lock_state",
      property: "lock_state",
      type: "enum",
      values: ["not_fully_locked", "locked", "unlocked"],
    },
  ],
}];

const FAN_EXPOSES = [{
  type: "fan",
  features: [
    {
      access: 7,
      name: "state",
      property: "fan_state",
      type: "binary",
      value_on: "ON",
      value_off: "OFF",
    },
    {
      access: 7,
      name: "mode",
      property: "fan_mode",
      type: "enum",
      values: ["low", "medium", "high"],
    },
  ],
}];

const SENSOR_EXPOSES = [
  {
    access: 1,
    name: "temperature",
    property: "temperature",
    type: "numeric",
    unit: "°C",
  },
  {
    access: 1,
    name: "occupancy",
    property: "occupancy",
    type: "binary",
    value_on: true,
    value_off: false,
  },
  LINK_QUALITY,
];

const BUTTON_EXPOSES = [{
  access: 1,
  name: "action",
  property: "action",
  type: "enum",
  values: ["single", "double", "hold"],
}];

let address = 0x00158d0001000000;

export function device(name: string, exposes: unknown[] | null) {
  address += 0x1000;
  return {
    date_code: "20190308",
    definition: exposes === null ? null : {
      description: "made up",
      exposes,
      model: "MODEL",
      options: [],
      supports_ota: true,
      vendor: "Vendor",
    },
    disabled: false,
    endpoints: { 1: { bindings: [], clusters: { input: [], output: [] } } },
    friendly_name: name,
    ieee_address: `0x${address.toString(16).padStart(16, "0")}`,
    interview_completed: true,
    network_address: address & 0xffff,
    supported: exposes !== null,
    type: "Router",
  };
}

export const COORDINATOR = { ...device("Coordinator", null), type: "Coordinator" };

export const DEVICES = [
  COORDINATOR,
  device("lamp", LIGHT_EXPOSES),
  device("living room/plug", PLUG_EXPOSES),
  device("bath/thermostat", CLIMATE_EXPOSES),
  device("blind", COVER_EXPOSES),
  device("door lock", LOCK_EXPOSES),
  device("fan", FAN_EXPOSES),
  device("0x00158d0001dc126a", SENSOR_EXPOSES),
  device("button", BUTTON_EXPOSES),
  device("stranger", null),
];

export const GROUPS = [
  {
    friendly_name: "all lamps",
    id: 1,
    members: [{ endpoint: 1, ieee_address: "0x1" }],
    scenes: [],
  },
  { friendly_name: "default_bind_group", id: 901, members: [], scenes: [] },
];

export const LAMP_STATE = {
  brightness: 127,
  color: { x: 0.46, y: 0.41 },
  color_mode: "color_temp",
  color_temp: 370,
  linkquality: 120,
  state: "ON",
  update: { installed_version: 587757105, latest_version: 587757105, state: "idle" },
  update_available: null,
};

export const INFO = {
  version: "1.40.1",
  commit: "abcdef0",
  coordinator: {
    ieee_address: "0x00124b0012345678",
    meta: { revision: 20210708 },
    type: "zStack3",
  },
  network: { channel: 15, extended_pan_id: "0xdddddddddddddddd", pan_id: 6754 },
  log_level: "info",
  permit_join: false,
  restart_required: false,
  config: {
    mqtt: { server: "mqtt://hidden", user: "hidden", password: "hidden" },
    advanced: { network_key: "hidden" },
  },
};

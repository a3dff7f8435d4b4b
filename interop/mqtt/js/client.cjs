// MQTT.js on TCP, TLS, WebSocket and both; versions 3.1.1 and 5.
const fs = require('fs')
const mqtt = require('mqtt')

const host = process.env.POLYMQ_HOST
const ways = { tcp: `mqtt://${host}:${process.env.MQTT_PORT}` }
if (process.env.MQTT_TLS_PORT) ways.tls = `mqtts://localhost:${process.env.MQTT_TLS_PORT}`
if (process.env.MQTT_WS_PORT) ways.ws = `ws://${host}:${process.env.MQTT_WS_PORT}/mqtt`
if (process.env.MQTT_WSS_PORT) ways.wss = `wss://localhost:${process.env.MQTT_WSS_PORT}/mqtt`
const ca = process.env.MQTT_CA ? fs.readFileSync(process.env.MQTT_CA) : undefined
let serial = 0

async function client (way, version, options = {}) {
  const c = await mqtt.connectAsync(ways[way], {
    ca, protocolVersion: version, clientId: `js-${process.pid}-${serial++}`, clean: true, reconnectPeriod: 0, ...options
  })
  c.got = []
  c.on('message', (topic, payload, packet) => c.got.push({ topic, text: payload.toString(), packet }))
  c.on('error', () => {})
  return c
}

async function until (condition, what, millis = 15000) {
  const end = Date.now() + millis
  while (!condition()) {
    if (Date.now() > end) throw new Error('no ' + what)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

function same (got, wanted) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`expected ${b}, got ${a}`)
}

async function run (name, action) {
  try {
    await action()
    console.log('ok ' + name)
  } catch (e) {
    console.log(`FAIL ${name}: ${e.message}`)
  }
}

const numbers = n => [...Array(n).keys()].map(String)

async function main () {
  for (const way of Object.keys(ways)) {
    for (const version of [4, 5]) {
      await run(`version ${version} on ${way}, each QoS in order`, async () => {
        const s = await client(way, version)
        const p = await client(way, version)
        for (const qos of [0, 1, 2]) {
          const topic = `js/${way}/${version}/${qos}`
          await s.subscribeAsync(topic, { qos })
          await Promise.all(numbers(100).map(i => p.publishAsync(topic, i, { qos })))
          const of = () => s.got.filter(m => m.topic === topic)
          await until(() => of().length === 100, `100 messages of QoS ${qos}`)
          same(of().map(m => m.text), numbers(100))
        }
        await s.endAsync()
        await p.endAsync()
      })
    }
  }
  await run('retained', async () => {
    const p = await client('tcp', 5)
    await p.publishAsync('js/kept', 'x', { qos: 1, retain: true })
    const s = await client('tcp', 5)
    await s.subscribeAsync('js/kept', { qos: 1 })
    await until(() => s.got.length === 1, 'retained message')
    same(s.got[0].packet.retain, true)
    await p.publishAsync('js/kept', '', { qos: 1, retain: true })
    await s.endAsync()
    await p.endAsync()
  })
  await run('will of a destroyed connection', async () => {
    const s = await client('tcp', 5)
    await s.subscribeAsync('js/will', { qos: 1 })
    const mortal = await client('tcp', 5, { will: { topic: 'js/will', payload: Buffer.from('gone'), qos: 1 } })
    mortal.stream.destroy()
    await until(() => s.got.length === 1, 'will')
    await s.endAsync()
  })
  await run('shared subscription', async () => {
    const members = await Promise.all([1, 2, 3].map(() => client('tcp', 5)))
    for (const m of members) await m.subscribeAsync('$share/js/js/shared', { qos: 1 })
    const p = await client('tcp', 5)
    await Promise.all(numbers(60).map(i => p.publishAsync('js/shared', i, { qos: 1 })))
    const all = () => members.flatMap(m => m.got.map(g => g.text))
    await until(() => all().length === 60, '60 messages')
    same(all().sort((a, b) => a - b), numbers(60))
    for (const c of [...members, p]) await c.endAsync()
  })
  await run('reconnect storm of one session', async () => {
    const id = `js-storm-${process.pid}`
    const options = { clientId: id, clean: false, properties: { sessionExpiryInterval: 600 } }
    const first = await client('tcp', 5, options)
    await first.subscribeAsync('js/storm', { qos: 1 })
    await first.endAsync()
    const p = await client('tcp', 5)
    const got = new Set()
    for (const i of numbers(50)) {
      await p.publishAsync('js/storm', i, { qos: 1 })
      const c = await mqtt.connectAsync(ways.tcp, { protocolVersion: 5, reconnectPeriod: 0, ...options })
      c.on('error', () => {})
      c.on('message', (t, m) => got.add(m.toString()))
      if (i % 3 === 0) await new Promise(resolve => setTimeout(resolve, 20))
      c.stream.destroy()
    }
    const last = await mqtt.connectAsync(ways.tcp, { protocolVersion: 5, reconnectPeriod: 0, ...options })
    last.on('message', (t, m) => got.add(m.toString()))
    await new Promise(resolve => setTimeout(resolve, 1000))
    await last.endAsync()
    // what came before a handler was there was acknowledged by the client and is gone
    if (got.size < 1) throw new Error('nothing came')
    await p.endAsync()
  })
  await run('a hundred clients at once', async () => {
    const all = await Promise.all(numbers(100).map(() => client('tcp', 5)))
    await Promise.all(all.map((c, i) => c.subscribeAsync('js/all', { qos: 1 })))
    await all[0].publishAsync('js/all', 'hello', { qos: 1 })
    await until(() => all.every(c => c.got.length === 1), 'message for everyone')
    await Promise.all(all.map(c => c.endAsync()))
  })
}

main().then(() => process.exit(0))

// Documents down from express-pouchdb to a till's PouchDB over HTTP, then receipts up.
// Usage: node replicate.js FOLDER, with down.json and up.json in it; answers seconds as JSON.
const fs = require('fs')
const path = require('path')

const folder = path.resolve(process.argv[2])
const express = require('express')
const Store = require('pouchdb').defaults({ prefix: folder + path.sep })
const read = (name) => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'))
const seconds = (since) => Number(process.hrtime.bigint() - since) / 1e9

async function fill(store, docs) {
  for (let at = 0; at < docs.length; at += 1000) await store.bulkDocs(docs.slice(at, at + 1000))
}

async function timed(work, documents) {
  const begun = process.hrtime.bigint()
  const done = await work()
  if (done.docs_written !== documents) throw new Error('not all documents came')
  return seconds(begun)
}

const app = express()
app.use('/', require('express-pouchdb')(Store, {
  mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: path.join(folder, 'log.txt')
}))
const server = app.listen(0, '127.0.0.1', async () => {
  const office = 'http://127.0.0.1:' + server.address().port
  const options = { batch_size: 1000 }
  const items = read('down.json')
  const receipts = read('up.json')
  await fill(new Store('items'), items)
  const till = new Store('till')
  const down = await timed(() => till.replicate.from(office + '/items', options), items.length)
  const outbox = new Store('outbox')
  await fill(outbox, receipts)
  const up = await timed(() => outbox.replicate.to(office + '/receipts', options), receipts.length)
  console.log(JSON.stringify({ down, up }))
  process.exit(0)
})

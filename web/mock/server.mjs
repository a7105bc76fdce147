/* A server of docs/internals/api.md with its data in memory, to draw the pages against before, and beside, the real one.
 *   node mock/server.mjs [--port 8790] [--seed empty|little|much] [--slow MS] [--dist DIR]
 * Every password is the user name. People and documents are invented. */
import { createServer } from 'node:http'
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, extname } from 'node:path'
import { World, Refusal } from './world.mjs'
import * as ledger from './ledger.mjs'

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : process.argv[at + 1]
}
const world = new World(option('seed', 'little'))
const dist = option('dist', new URL('../dist', import.meta.url).pathname)
const slow = Number(option('slow', 0))
const sessions = new Map()
const uploads = new Map()

const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
const MEDIA = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

const routes = [
  ['POST', '/session', logIn], ['GET', '/session', (q) => world.session(q.me, q.session.csrf)], ['DELETE', '/session', logOut],
  ['POST', '/session/password', (q) => world.changePassword(q.me, q.body)],
  ['GET', '/work', (q) => world.work(q.me)],
  ['POST', '/uploads', openUpload], ['PATCH', '/uploads/:uid', addToUpload], ['GET', '/uploads/:uid', (q) => ({ uid: q.uid, offset: uploadOf(q).bytes.length, chunk: 65536 })],
  ['POST', '/uploads/:uid/finish', finishUpload],
  ['GET', '/documents', (q) => world.documents(q)], ['POST', '/documents', (q) => made(202, { job: world.readUpload(q.me, takeUpload(q), q.body.again) })],
  ['GET', '/documents/:uid', (q) => world.document(q.me, q.uid)], ['GET', '/documents/:uid/edits', (q) => world.edits(q.uid)],
  ['POST', '/documents/:uid/edits', (q) => world.edit(q.me, q.uid, q.version, q.body.edits)],
  ['POST', '/documents/:uid/issue', (q) => made(201, { plan: { uid: world.issue(q.me, q.uid, q.version).uid } })],
  ['POST', '/documents/:uid/discard', (q) => world.discard(q.me, q.uid, q.version, q.body.reason)],
  ['GET', '/plans', () => world.plans()],
  ['POST', '/plans', (q) => made(201, ledger.newPlan(world, q))], ['GET', '/plans/:uid', (q) => ledger.plan(world, q.me, q.uid)], ['PATCH', '/plans/:uid', (q) => ledger.patchPlan(world, q)],
  ['POST', '/plans/:uid/stages', (q) => ledger.setStages(world, q)], ['POST', '/plans/:uid/stages/:seq/pass', (q) => ledger.passStage(world, q)], ['POST', '/plans/:uid/steps', (q) => ledger.setSteps(world, q)],
  ['GET', '/tasks/counts', (q) => ledger.counts(world, q)], ['POST', '/tasks/bulk', (q) => ledger.bulk(world, q)], ['POST', '/tasks', (q) => made(201, ledger.newTask(world, q))],
  ['POST', '/tasks/import', (q) => made(202, { job: ledger.importTasks(world, q, takeUpload(q)) })],
  ['POST', '/tasks/:uid/amend', (q) => ledger.amend(world, q)], ['POST', '/tasks/:uid/split', (q) => ledger.split(world, q)], ['POST', '/tasks/:uid/progress', (q) => ledger.addProgress(world, q)], ['POST', '/tasks/:uid/reminders', (q) => ledger.remind(world, q)],
  ['POST', '/handovers', (q) => ledger.handover(world, q)], ['GET', '/people', (q) => ledger.people(world, q)],
  ['GET', '/views', (q) => ledger.views(world, q)], ['POST', '/views', (q) => made(201, ledger.addView(world, q))], ['PATCH', '/views/:uid', (q) => ledger.patchView(world, q)], ['DELETE', '/views/:uid', (q) => ledger.dropView(world, q)],
  ['GET', '/look-backs', (q) => ledger.lookBacks(world, q)], ['POST', '/look-backs', (q) => made(201, ledger.addLookBack(world, q))], ['GET', '/look-backs/:uid', (q) => ledger.lookBack(world, q)], ['POST', '/look-backs/:uid/tasks/:task', (q) => ledger.recordLook(world, q)],
  ['GET', '/reports/now', (q) => ledger.reportNow(world, q)],
  ['GET', '/tasks', (q) => world.tasks(q)], ['GET', '/tasks/:uid', (q) => world.task(q.me, q.uid)],
  ['POST', '/tasks/:uid/do/:verb', (q) => world.act(q.me, q.uid, q.verb, q.version, q.body)],
  ['POST', '/tasks/:uid/incomputable', (q) => world.act(q.me, q.uid, 'incomputable', q.version, q.body)],
  ['PATCH', '/tasks/:uid/measures/:measure', (q) => world.answerMeasure(q.me, q.uid, q.measure, q.version, q.body)],
  ['POST', '/tasks/:uid/evidence', (q) => world.addEvidence(q.me, q.uid, takeUpload(q), q.body)],
  ['DELETE', '/tasks/:uid/evidence/:evidence', (q) => world.withdraw(q.me, q.uid, q.evidence)],
  ['GET', '/tasks/:uid/comments', (q) => world.comments(q.uid)], ['POST', '/tasks/:uid/comments', (q) => made(201, world.addComment(q.me, q.uid, q.body.text, q.body.mentions))],
  ['GET', '/tasks/:uid/events', (q) => world.eventsOf(q.uid)],
  ['GET', '/orgs', (q) => world.orgRows(q)], ['GET', '/orgs/resolve', (q) => world.resolve(q.query.get('name') ?? '')], ['GET', '/orgs/:uid', (q) => world.org(q.me, q.uid)],
  ['POST', '/orgs/:uid/aliases', (q) => world.addAlias(q.me, q.uid, q.version, q.body.alias)],
  ['DELETE', '/orgs/:uid/aliases/:alias', (q) => world.removeAlias(q.me, q.uid, q.version, decodeURIComponent(q.alias))],
  ['POST', '/orgs/import', (q) => made(202, { job: world.importOrgs(q.me, takeUpload(q), q.body.apply) })],
  ['GET', '/accounts', (q) => world.accountRows(q)], ['POST', '/accounts', (q) => made(201, world.addAccount(q.me, q.body))],
  ['GET', '/accounts/:uid', (q) => world.account(q.me, q.uid)], ['PATCH', '/accounts/:uid', (q) => world.setAccountState(q.me, q.uid, q.version, q.body)],
  ['POST', '/accounts/:uid/password', () => ({ password: randomBytes(6).toString('base64url') })],
  ['POST', '/accounts/:uid/grants', (q) => world.addGrant(q.me, q.uid, q.body)], ['DELETE', '/accounts/:uid/grants/:grant', (q) => world.removeGrant(q.me, q.uid, q.grant)],
  ['GET', '/jobs', () => world.jobs()], ['GET', '/jobs/:uid', (q) => world.job(q.uid)],
  ['GET', '/events', (q) => world.events(q)], ['POST', '/audit/verify', (q) => made(202, { job: world.verifyAudit(q.me) })], ['GET', '/audit/head', () => world.head()],
].map(([method, path, run]) => ({ method, run, names: [...path.matchAll(/:(\w+)/g)].map((m) => m[1]), pattern: new RegExp(`^${path.replace(/:\w+/g, '([^/]+)')}$`) }))

function made(status, body) {
  return { __status: status, body }
}

function logIn(q) {
  const account = world.byUsername(q.body.username)
  if (!account || (account.password ?? account.username) !== q.body.password) throw new Refusal(401, 'bad-login')
  const token = randomBytes(16).toString('hex')
  sessions.set(token, { me: account, csrf: randomBytes(16).toString('hex') })
  q.response.setHeader('Set-Cookie', `bihuan=${token}; HttpOnly; SameSite=Strict; Path=/`)
  return world.session(account, sessions.get(token).csrf)
}

function logOut(q) {
  sessions.delete(q.token)
  return null
}

function openUpload(q) {
  const uid = randomBytes(13).toString('hex')
  uploads.set(uid, { uid, name: q.body.name, size: q.body.size, bytes: Buffer.alloc(0) })
  return made(201, { uid, offset: 0, chunk: 65536 })
}

function uploadOf(q, uid = q.uid) {
  const found = uploads.get(uid)
  if (!found) throw new Refusal(404, 'not-found')
  return found
}

/* What an upload becomes part of uses it up. */
function takeUpload(q) {
  const item = uploadOf(q, q.body.upload)
  uploads.delete(item.uid)
  return item
}

function addToUpload(q) {
  const item = uploadOf(q)
  const offset = Number(q.request.headers['upload-offset'])
  if (offset !== item.bytes.length) throw new Refusal(409, 'upload-offset', { offset: String(item.bytes.length) })
  item.bytes = Buffer.concat([item.bytes, q.raw])
  return { offset: item.bytes.length }
}

function finishUpload(q) {
  const item = uploadOf(q)
  const sha256 = createHash('sha256').update(item.bytes).digest('hex')
  if (sha256 !== q.body.sha256) throw new Refusal(409, 'upload-hash')
  return { uid: item.uid, name: item.name, size: item.size, sha256 }
}

async function serve(request, response) {
  const url = new URL(request.url, 'http://mock')
  if (!url.pathname.startsWith('/api/v1')) return serveFile(url.pathname, response)
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const raw = Buffer.concat(chunks)
  if (slow) await new Promise((done) => setTimeout(done, slow))
  try {
    answer(response, 200, dispatch(request, response, url, raw))
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error)
    const problem = error instanceof Refusal ? error.body() : { type: 'about:blank', title: String(error), status: 500, code: 'internal' }
    answer(response, problem.status, problem, 'application/problem+json')
  }
}

function dispatch(request, response, url, raw) {
  const path = url.pathname.slice('/api/v1'.length)
  const token = /bihuan=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
  const session = sessions.get(token)
  const login = path === '/session' && request.method === 'POST'
  if (!session && !login) throw new Refusal(401, 'no-session')
  if (!login && request.method !== 'GET' && request.headers['x-csrf-token'] !== session.csrf) throw new Refusal(403, 'csrf')
  for (const route of routes) {
    const match = route.method === request.method ? route.pattern.exec(path) : null
    if (!match) continue
    if (raw.length > 0 && /^POST .*(\/audit\/verify|\/accounts\/\w+\/password)$/.test(`${request.method} ${path}`)) throw new Refusal(400, 'bad-input')
    const json = (request.headers['content-type'] ?? '').includes('json') && raw.length > 0
    const version = request.headers['if-match'] ? Number(request.headers['if-match'].replaceAll('"', '')) : undefined
    const q = { request, response, query: url.searchParams, session, token, me: session?.me, raw, body: json ? JSON.parse(raw) : {}, version }
    route.names.forEach((name, i) => (q[name] = match[i + 1]))
    return route.run(q)
  }
  throw new Refusal(404, 'not-found')
}

function answer(response, status, value, media = 'application/json') {
  const wrapped = value && value.__status
  response.writeHead(wrapped ? value.__status : value === null ? 204 : status, { 'Content-Type': media, 'Cache-Control': 'no-store' })
  response.end(value === null ? '' : JSON.stringify(wrapped ? value.body : value))
}

async function serveFile(path, response) {
  const name = extname(path) ? path : '/index.html'
  try {
    const bytes = await readFile(join(dist, name.replaceAll('..', '')))
    response.writeHead(200, { 'Content-Type': MEDIA[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': CSP })
    response.end(bytes)
  } catch {
    response.writeHead(404).end()
  }
}

const server = createServer(serve)
server.listen(Number(option('port', 8790)), '127.0.0.1', () => console.log(`mock on http://127.0.0.1:${server.address().port}`))

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { all, call, get, post, Problem, setCsrf, urlOf, whenSessionLost } from '@/api/client'
import { upload } from '@/api/upload'

type Reply = { status?: number; body?: unknown; text?: string }
type Request = { method: string; url: string; headers: Record<string, string>; body: unknown }

let requests: Request[]

function serve(answer: (request: Request) => Reply): void {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const request = { method: init.method ?? 'GET', url, headers: init.headers as Record<string, string>, body: init.body }
    requests.push(request)
    const { status = 200, body, text } = answer(request)
    return new Response(status === 204 ? null : (text ?? JSON.stringify(body ?? {})), { status })
  })
}

beforeEach(() => {
  requests = []
  setCsrf('token')
  whenSessionLost(() => {})
})
afterEach(() => vi.unstubAllGlobals())

const caught = async (run: Promise<unknown>): Promise<Problem> => run.then(() => { throw new Error('no problem') }, (error: unknown) => error as Problem)

describe('requests', () => {
  it('read without a token, change with one', async () => {
    serve(() => ({}))
    await get('/tasks', { q: '接种', late: true, plan: null, state: '', limit: 50 })
    await post('/documents', { upload: 'u' })
    expect(requests[0]?.url).toBe('/api/v1/tasks?q=%E6%8E%A5%E7%A7%8D&late=1&limit=50')
    expect(requests[0]?.headers['X-CSRF-Token']).toBeUndefined()
    expect(requests[0]?.headers['Idempotency-Key']).toBeUndefined()
    expect(requests[1]?.headers['X-CSRF-Token']).toBe('token')
    expect(requests[1]?.headers['Content-Type']).toBe('application/json')
  })

  it('carry the version that was seen, and one key for each wish', async () => {
    serve(() => ({}))
    await post('/tasks/a/do/accept', {}, { version: 7 })
    await post('/tasks/a/do/accept', {}, { version: 7 })
    await post('/tasks/a/do/accept', {}, { version: 7, key: 'same' })
    expect(requests[0]?.headers['If-Match']).toBe('"7"')
    expect(requests[0]?.headers['Idempotency-Key']).toMatch(/^[0-9a-f]{32}$/)
    expect(requests[0]?.headers['Idempotency-Key']).not.toBe(requests[1]?.headers['Idempotency-Key'])
    expect(requests[2]?.headers['Idempotency-Key']).toBe('same')
    await post('/audit/verify')
    expect([requests.at(-1)?.body, requests.at(-1)?.headers['Content-Type']]).toEqual([undefined, undefined])
    requests.pop()
    await call('PATCH', '/accounts/a', { body: {}, version: 1 })
    expect(requests[3]?.headers['Idempotency-Key']).toBeUndefined()
  })

  it('go to the API and nowhere else', () => {
    expect(urlOf('/orgs', { q: '//elsewhere' })).toBe('/api/v1/orgs?q=%2F%2Felsewhere')
  })

  it('give null for an answer without content', async () => {
    serve(() => ({ status: 204 }))
    expect(await call('DELETE', '/session')).toBeNull()
  })

  it('read a short list to its end, page by page', async () => {
    serve((request) => ({ body: request.url.includes('cursor=2') ? { rows: [3], next: null } : { rows: [1, 2], next: '2' } }))
    expect(await all('/tasks/a/comments')).toEqual([1, 2, 3])
  })
})

describe('problems', () => {
  it('keep code, params, place, hint and the present object', async () => {
    serve(() => ({ status: 409, body: { status: 409, code: 'version-stale', title: 'stale', params: { by: 'x' }, at: '/title', hint: 'read it again', present: { version: 8 } } }))
    const problem = await caught(post('/x'))
    expect(problem).toBeInstanceOf(Problem)
    expect([problem.status, problem.code, problem.at, problem.hint, problem.params.by]).toEqual([409, 'version-stale', '/title', 'read it again', 'x'])
    expect(problem.present).toEqual({ version: 8 })
  })

  it('stand for an answer that is no problem object', async () => {
    serve(() => ({ status: 502, text: '<html>' }))
    expect((await caught(get('/x'))).code).toBe('http-502')
  })

  it('say when nothing answered', async () => {
    vi.stubGlobal('fetch', async () => { throw new TypeError('failed') })
    expect((await caught(get('/x'))).code).toBe('network')
  })

  it('of a lost session ask for the password, but not while logging in', async () => {
    const lost: string[] = []
    whenSessionLost((code) => lost.push(code))
    serve(() => ({ status: 401, body: { status: 401, code: 'session-expired' } }))
    await caught(get('/tasks'))
    await caught(get('/session'))
    await caught(call('POST', '/session', { body: {} }))
    expect(lost).toEqual(['session-expired'])
  })
})

describe('uploads', () => {
  const file = new File(['0123456789'], '要点.txt')

  it('go up in pieces and end with the hash', async () => {
    let stored = 0
    serve((request) => {
      if (request.method === 'PATCH') stored += (request.body as Blob).size
      if (request.url.endsWith('/finish')) return { body: { uid: 'u', ...JSON.parse(request.body as string) } }
      return { body: { uid: 'u', offset: stored, chunk: 4 } }
    })
    const progress: number[] = []
    const done = await upload(file, (sent) => progress.push(sent))
    expect(requests.filter((one) => one.method === 'PATCH').map((one) => one.headers['Upload-Offset'])).toEqual(['0', '4', '8'])
    expect(progress).toEqual([4, 8, 10])
    expect(done.sha256).toBe('84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882')
  })

  it('go on where the server stands after a break', async () => {
    let stored = 0
    let broken = false
    serve((request) => {
      if (request.method === 'PATCH') {
        stored += (request.body as Blob).size
        if (!broken) {
          broken = true
          return { status: 503, body: { status: 503, code: 'unavailable' } }
        }
      }
      return { body: { uid: 'u', offset: stored, chunk: 4, sha256: 'x' } }
    })
    await upload(file, () => {})
    expect(requests.filter((one) => one.method === 'PATCH').map((one) => one.headers['Upload-Offset'])).toEqual(['0', '4', '8'])
    expect(requests.some((one) => one.method === 'GET')).toBe(true)
  })

  it('are stopped, and go on by their name', async () => {
    let stored = 0
    const stop = new AbortController()
    serve((request) => {
      if (request.method === 'PATCH') stored += (request.body as Blob).size
      if (request.url.endsWith('/finish')) return { body: { uid: 'u', ...JSON.parse(request.body as string) } }
      return { body: { uid: 'u', offset: stored, chunk: 4, size: 10 } }
    })
    let uid = ''
    await expect(upload(file, () => stop.abort(), { signal: stop.signal, onBegun: (begun) => { uid = begun } })).rejects.toBeTruthy()
    expect(stored).toBe(4)
    const progress: number[] = []
    const done = await upload(file, (sent) => progress.push(sent), { uid })
    expect(requests.filter((one) => one.method === 'POST' && one.url.endsWith('/uploads'))).toHaveLength(1)
    expect(progress).toEqual([4, 8, 10])
    expect(done.sha256).toBe('84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882')
  })

  it('begin anew when the server no longer knows them', async () => {
    serve((request) => {
      if (request.method === 'GET') return { status: 404, body: { status: 404, code: 'not-found' } }
      return { body: { uid: 'new', offset: request.method === 'PATCH' ? Number(request.headers['Upload-Offset']) + (request.body as Blob).size : 0, chunk: 4 } }
    })
    let uid = ''
    await upload(file, () => {}, { uid: 'old', onBegun: (begun) => { uid = begun } })
    expect(uid).toBe('new')
  })

  it('end at a refusal', async () => {
    serve((request) => (request.method === 'PATCH' ? { status: 413, body: { status: 413, code: 'too-large' } } : { body: { uid: 'u', offset: 0, chunk: 4 } }))
    expect((await caught(upload(file, () => {}))).code).toBe('too-large')
    expect(requests.filter((one) => one.method === 'PATCH')).toHaveLength(1)
  })
})

/* The one way from the pages to the API: session, CSRF, versions, idempotency and problems are kept here, so that no page
 * can forget one. See docs/internals/api.md. */
import type { ProblemBody, Rows } from './types'

export const BASE = '/api/v1'

/** A refusal or failure, as the API says it (RFC 9457), or `network` when nothing answered. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly params: Record<string, string>
  readonly at: string | null
  readonly hint: string | null
  /** What the rules find in it, with a 409 of a record that would be held back. */
  readonly findings: unknown[]
  /** The object as it stands now, with a 409. */
  readonly present: unknown

  constructor(body: ProblemBody) {
    super(body.title ?? body.code)
    this.name = 'Problem'
    this.status = body.status
    this.code = body.code
    this.params = body.params ?? {}
    this.at = body.at ?? null
    this.hint = body.hint ?? null
    this.findings = body.findings ?? []
    this.present = body.present ?? null
  }
}

export type QueryValue = string | number | boolean | null | undefined

export interface Options {
  query?: Record<string, QueryValue>
  body?: unknown
  /** Raw bytes in place of JSON. */
  raw?: Blob | ArrayBuffer
  headers?: Record<string, string>
  /** The version that the change was made from: If-Match. */
  version?: number
  /** For a POST: the same key gives the first answer again. One is made when none is given. */
  key?: string
  signal?: AbortSignal
}

/* A 401 of these is the end of the session; of another, a wrong password. */
const LOST = new Set(['no-session', 'session-expired', 'unauthenticated'])

let csrf = ''
let onSessionLost: (reason: string) => void = () => {}

export function setCsrf(token: string): void {
  csrf = token
}

/** Called once for each answer 401 outside logging in: the page asks for the password again. */
export function whenSessionLost(then: (reason: string) => void): void {
  onSessionLost = then
}

export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function urlOf(path: string, query: Options['query'] = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '' || value === false) continue
    search.set(name, value === true ? '1' : String(value))
  }
  const text = search.toString()
  return `${BASE}${path}${text ? `?${text}` : ''}`
}

export function headersOf(method: string, options: Options): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.raw !== undefined) headers['Content-Type'] = 'application/octet-stream'
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf
  if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`
  if (method === 'POST') headers['Idempotency-Key'] = options.key ?? newKey()
  return headers
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await send(method, path, options)
  if (response.ok) return (response.status === 204 ? null : await response.json()) as T
  const problem = await problemOf(response)
  if (problem.status === 401 && path !== '/session' && LOST.has(problem.code)) onSessionLost(problem.code)
  throw problem
}

export const get = <T>(path: string, query: Options['query'] = {}, signal?: AbortSignal): Promise<T> =>
  call<T>('GET', path, signal ? { query, signal } : { query })

/** Without a `body` none is sent: routes that take none refuse one. */
export const post = <T>(path: string, body?: unknown, options: Options = {}): Promise<T> => call<T>('POST', path, body === undefined ? options : { ...options, body })

/** Every row of a list that is known to be short (the children of an organisation), page by page; never more than `most`. */
export async function all<T>(path: string, query: Options['query'] = {}, most = 2000): Promise<T[]> {
  const rows: T[] = []
  let cursor: string | null = null
  do {
    const page: Rows<T> = await get<Rows<T>>(path, { ...query, limit: 500, cursor })
    rows.push(...page.rows)
    cursor = page.next ?? null
  } while (cursor && rows.length < most)
  return rows
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const init: RequestInit = { method, headers: headersOf(method, options), credentials: 'same-origin', cache: 'no-store' }
  if (options.body !== undefined) init.body = JSON.stringify(options.body)
  if (options.raw !== undefined) init.body = options.raw
  if (options.signal) init.signal = options.signal
  try {
    return await fetch(urlOf(path, options.query), init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem({ status: 0, code: 'network', title: 'no answer from the server' })
  }
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<ProblemBody>
    return new Problem({ ...body, status: response.status, code: body.code ?? `http-${response.status}` })
  } catch {
    return new Problem({ status: response.status, code: `http-${response.status}`, title: response.statusText })
  }
}

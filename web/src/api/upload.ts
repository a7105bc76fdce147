/* A file goes up in pieces, each acknowledged: a break costs one piece, and the hash at the end proves the whole. Who was stopped, or lost the
 * server for long, goes on where the server stands. */
import { call, post, Problem } from './client'
import { Sha256 } from './sha256'

interface Opened { uid: string; offset: number; chunk: number }
export interface Uploaded { uid: string; name: string; size: number; sha256: string }
export interface Wish {
  /** Stops it; the same file goes on with `uid`. */
  signal?: AbortSignal
  /** Of an upload that was begun. */
  uid?: string
  onBegun?: (uid: string) => void
  /** The server does not answer, and is asked again. */
  onWait?: (waiting: boolean) => void
}

const RETRIES = 8
const LONGEST_MS = 10_000

export async function upload(file: File, onProgress: (sent: number) => void, wish: Wish = {}): Promise<Uploaded> {
  const asked = wish.signal ? { signal: wish.signal } : {}
  const tries = retrying(wish)
  const opened = await tries(() => begin(file, wish.uid, asked))
  wish.onBegun?.(opened.uid)
  const hash = new Sha256()
  let offset = opened.offset
  let hashed = 0
  /* What the server has already is read here once more: the hash is over the whole. */
  const hashTo = async (end: number): Promise<void> => {
    for (; hashed < end; hashed = Math.min(end, hashed + opened.chunk)) {
      hash.add(new Uint8Array(await file.slice(hashed, Math.min(end, hashed + opened.chunk)).arrayBuffer()))
      wish.signal?.throwIfAborted()
    }
  }
  const where = async (): Promise<void> => { offset = (await call<Opened>('GET', `/uploads/${opened.uid}`, asked)).offset }
  if (offset > 0) onProgress(offset)
  while (offset < file.size) {
    const end = Math.min(offset + opened.chunk, file.size)
    await hashTo(end)
    await tries(async () => {
      if (offset >= end) return /* it was stored, and only the answer was lost */
      const answer = await call<{ offset: number }>('PATCH', `/uploads/${opened.uid}`, { raw: file.slice(offset, end), headers: { 'Upload-Offset': String(offset) }, ...asked })
      offset = answer.offset
    }, where)
    onProgress(offset)
  }
  await hashTo(file.size)
  const sha256 = hash.end()
  return tries(() => post<Uploaded>(`/uploads/${opened.uid}/finish`, { sha256 }, asked))
}

/* The one that was begun, if the server still has it and it is of this size; else a new one. */
async function begin(file: File, uid: string | undefined, asked: { signal?: AbortSignal }): Promise<Opened> {
  if (uid) {
    try {
      const known = await call<Opened & { size: number }>('GET', `/uploads/${uid}`, asked)
      if (known.size === file.size) return known
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error
    }
  }
  return post<Opened>('/uploads', { name: file.name, size: file.size }, asked)
}

/** Runs a step again while it is worth it: a lost connection, a busy server, or an offset that the server knows better. `before` a further try. */
function retrying({ signal, onWait }: Wish) {
  return async <T>(run: () => Promise<T>, before?: () => Promise<void>): Promise<T> => {
    for (let failures = 0; ; ) {
      try {
        if (failures > 0) await before?.()
        const answer = await run()
        if (failures > 0) onWait?.(false)
        return answer
      } catch (error) {
        if (signal?.aborted || !canResume(error) || ++failures > RETRIES) throw error
        onWait?.(true)
        await pause(Math.min(LONGEST_MS, 250 * 2 ** failures), signal)
      }
    }
  }
}

function canResume(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status === 503 || error.code === 'upload-offset')
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

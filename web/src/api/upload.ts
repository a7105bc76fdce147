/* A file goes up in pieces, each acknowledged: a break costs one piece, and the hash at the end proves the whole. */
import { call, post, Problem } from './client'

interface Opened { uid: string; offset: number; chunk: number }
export interface Uploaded { uid: string; name: string; size: number; sha256: string }

const RETRIES = 4

export async function upload(file: File, onProgress: (sent: number) => void, signal?: AbortSignal): Promise<Uploaded> {
  const hash = sha256(file)
  hash.catch(() => {}) /* awaited below; a failed sending must not leave it unheard */
  const opened = await post<Opened>('/uploads', { name: file.name, size: file.size }, withSignal(signal))
  let offset = opened.offset
  let failures = 0
  while (offset < file.size) {
    const piece = file.slice(offset, Math.min(offset + opened.chunk, file.size))
    try {
      const answer = await call<{ offset: number }>('PATCH', `/uploads/${opened.uid}`, {
        raw: piece,
        headers: { 'Upload-Offset': String(offset) },
        ...withSignal(signal),
      })
      offset = answer.offset
      failures = 0
      onProgress(offset)
    } catch (error) {
      if (!canResume(error) || ++failures > RETRIES) throw error
      await pause(250 * 2 ** failures)
      offset = (await call<{ offset: number }>('GET', `/uploads/${opened.uid}`, withSignal(signal))).offset
    }
  }
  return post<Uploaded>(`/uploads/${opened.uid}/finish`, { sha256: await hash }, withSignal(signal))
}

/** A lost connection, a busy server, or an offset that the server knows better: worth asking where it stands. */
function canResume(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status === 503 || error.code === 'upload-offset')
}

async function sha256(file: File): Promise<string> {
  const bytes = await file.arrayBuffer()
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function withSignal(signal?: AbortSignal): { signal?: AbortSignal } {
  return signal ? { signal } : {}
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

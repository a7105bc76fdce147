/* What browsers have and Node 18 keeps in modules. */
import { File as NodeFile } from 'node:buffer'
import { webcrypto } from 'node:crypto'

const browser = globalThis as unknown as Record<string, unknown>
browser.File ??= NodeFile
browser.crypto ??= webcrypto

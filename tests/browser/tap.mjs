/* What the browser tests share: steps that are lines of TAP, people who log in, and waiting for what a page says. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEMO } from './addresses.mjs'
import { logIn, openBrowser, openPage } from './browser.mjs'

export const base = (process.env.BIHUAN_URL ?? 'http://127.0.0.1:8420').replace(/\/$/, '')
export const accounts = process.env.BIHUAN_ACCOUNTS ? JSON.parse(readFileSync(process.env.BIHUAN_ACCOUNTS, 'utf8')) : DEMO
export const browser = await openBrowser()
export const pages = []
const shots = process.env.BIHUAN_SHOTS
const WAIT = 20_000
if (shots) mkdirSync(shots, { recursive: true })

let count = 0
let failed = 0

export async function shot(page, name) {
  if (!shots || page.isClosed()) return
  await page.waitForTimeout(350) /* dialogs come in slowly */
  await page.screenshot({ path: join(shots, `${name}.png`) })
}

/** One line of TAP. `needed`: what follows makes no sense without it. */
export async function step(what, run, needed = false) {
  try {
    await run()
    console.log(`ok ${++count} - ${what}`)
  } catch (error) {
    failed++
    console.log(`not ok ${++count} - ${what}`)
    for (const line of String(error?.stack ?? error).replace(/\u001b\[[0-9;]*m/g, '').split('\n').slice(0, 40)) console.log(`# ${line}`)
    await Promise.all(pages.map((page, n) => shot(page, `failed-${count}-${n}`)))
    if (needed) {
      console.log('Bail out! the rest needs this')
      await browser.close()
      process.exit(1)
    }
  }
}

export async function end() {
  console.log(`1..${count}`)
  await browser.close()
  process.exitCode = failed > 0 ? 1 : 0
}

export function holds(condition, what) {
  if (!condition) throw new Error(what)
}

export async function enter(role, options) {
  const page = await openPage(browser, base, options)
  page.setDefaultTimeout(WAIT)
  pages.push(page)
  await logIn(page, base, accounts[role])
  return page
}

export async function leave(page) {
  await page.context().close()
  pages.splice(pages.indexOf(page), 1)
}

/** What the API answers to this page's session; null for what is not there. */
export const ask = (page, path) => page.evaluate(async (url) => { const answer = await fetch(url); return answer.ok ? answer.json() : null }, `/api/v1${path}`)

export async function noFaults(list = pages) {
  const faults = list.flatMap((page) => page.faults)
  holds(faults.length === 0, [...new Set(faults)].join('\n'))
}

/** The figure of a tile. */
export const tile = (page, name) => page.locator('.tile', { hasText: name }).locator('dd.num')

/** Drops the file, and stores what the preview shows; its page is open then, and the import over. */
export async function sendFile(page, path, check) {
  await page.goto(`${base}/data/send`)
  await page.locator('input[type=file]').setInputFiles(path)
  const store = page.getByRole('button', { name: '提交入库', exact: true })
  await store.waitFor()
  await check?.()
  await store.click()
  await page.waitForURL(/\/data\/intakes\/[0-9a-z]{26}/)
  await page.locator('.page-head .outcome', { hasText: '完成' }).waitFor()
  return page.url().split('/').at(-1)
}

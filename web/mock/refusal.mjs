/* A refusal as the API says it. */
export class Refusal extends Error {
  constructor(status, code, params = {}, more = {}) {
    super(code)
    Object.assign(this, { status, code, params, more })
  }
  body() {
    return { type: 'about:blank', title: this.code, status: this.status, code: this.code, params: this.params, ...this.more }
  }
}

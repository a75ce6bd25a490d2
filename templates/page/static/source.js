// The run's events as they come, resumed after every break.

const AGAIN = 3000; // milliseconds after which a stream that was refused is tried again

export class Source {
  // `take(item)` gets each object of docs/json.md. `told(state)` hears what became of the connection: open, lost, refused, or over.
  // `isOver()` says whether all has been told that there is; then the end of the stream is no break.
  constructor(url, { take, told, isOver }) {
    this.url = url;
    this.take = take;
    this.told = told;
    this.isOver = isOver;
    this.received = 0;
    this.#worker = new Worker(new URL("receiver.js", import.meta.url), { type: "module" });
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    this.#open();
  }

  #worker;
  #last = "";

  // A bundle is small, and the browser draws between two of them.
  #hear({ items, state, closed, last }) {
    if (items) {
      this.received += items.length;
      for (const item of items) this.take(JSON.parse(item));
      return;
    }
    if (state !== "lost") return this.told(state === "gone" ? "refused" : state);
    this.#last = last || this.#last;
    if (this.isOver()) {
      this.#worker.terminate();
      return this.told("over");
    }
    if (!closed) return this.told("lost");
    this.told("refused");
    setTimeout(() => this.#open(), AGAIN);
  }

  #open() {
    const from = this.#last ? `${this.url.includes("?") ? "&" : "?"}from=${encodeURIComponent(this.#last)}` : "";
    this.#worker.postMessage({ url: new URL(this.url + from, location.href).href });
  }
}

export function everyFrame(step) {
  const next = () => {
    step();
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}

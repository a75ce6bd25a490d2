// A worker that receives a run's events and hands them on in bundles. A browser dispatches everything that has arrived at once, thousands of
// events after a pause; in the page that would hold up a frame.

const MOST = 400; // events of a bundle
const PAUSE = 15; // milliseconds that a bundle may wait

let stream = null;
let bundle = [];
let timer = 0;

function flush() {
  clearTimeout(timer);
  timer = 0;
  if (bundle.length) postMessage({ items: bundle });
  bundle = [];
}

function tell(state) {
  flush();
  postMessage({ state, closed: stream.readyState === EventSource.CLOSED });
}

function open(url) {
  let last = "";
  stream = new EventSource(url);
  const receive = (message) => {
    last = message.lastEventId || last;
    bundle.push(message.data);
    if (bundle.length >= MOST) flush();
    else timer ||= setTimeout(flush, PAUSE);
  };
  for (const kind of ["event", "observation", "result"]) stream.addEventListener(kind, receive);
  stream.addEventListener("problem", () => {
    stream.close();
    tell("gone");
  });
  stream.addEventListener("open", () => tell("open"));
  stream.addEventListener("error", () => {
    flush();
    postMessage({ state: "lost", closed: stream.readyState === EventSource.CLOSED, last });
  });
}

onmessage = ({ data }) => {
  stream?.close();
  if (data.url) open(data.url);
};

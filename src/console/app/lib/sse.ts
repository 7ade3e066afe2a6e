// Server-sent events over fetch, which, unlike EventSource, tells the status of a refusal and can ask from the start for
// what came after an id.

export interface Frame {
  id: string | null;
  data: string;
}

// Takes the text as it arrives and gives the frames that are complete.
export class FrameParser {
  private rest = "";
  private id: string | null = null;
  private data: string[] = [];

  feed(text: string): Frame[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    const frames: Frame[] = [];
    for (const line of lines) {
      if (line === "") {
        if (this.data.length > 0) frames.push({ id: this.id, data: this.data.join("\n") });
        this.data = [];
      } else {
        this.take(line);
      }
    }
    return frames;
  }

  private take(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") this.id = value;
    if (name === "data") this.data.push(value);
  }
}

export interface Stream {
  url: string;
  last_id?: string | null;
  on_open?: () => void;
  on_bytes?: () => void; // also for a comment that only keeps the connection
  on_frame: (frame: Frame) => void;
  signal: AbortSignal;
}

// Resolves when the server ends the stream: with its status when it refused, 200 when it ended an open stream. Rejects
// when the connection broke.
export async function read_stream({ url, last_id, on_open, on_bytes, on_frame, signal }: Stream): Promise<number> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (last_id) headers["Last-Event-ID"] = last_id;
  const response = await fetch(url, { headers, signal, cache: "no-store" });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    return response.status;
  }
  on_open?.();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const parser = new FrameParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return response.status;
    on_bytes?.();
    for (const frame of parser.feed(decoder.decode(value, { stream: true }))) on_frame(frame);
  }
}
